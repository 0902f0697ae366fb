import { posix } from "node:path";
import { describe, expect, it } from "vitest";
import { IgnoreRules } from "../../src/image/ignore-rules.js";

function ignores(text: string, path: string): boolean {
  const { rules } = IgnoreRules.parse(text);
  let match = rules.top;
  const segments = path.split("/");
  segments.forEach((_, index) => {
    match = rules.match(posix.join(...segments.slice(0, index + 1)), match);
  });
  return match.ignored;
}

describe("ignore rules", () => {
  it.each<[rules: string, ignored: readonly string[], kept: readonly string[]]>([
    ["a.md", ["a.md"], ["sub/a.md", "a.mdx"]],
    ["*.md", ["a.md"], ["sub/a.md", "md"]],
    ["*/*.md", ["sub/a.md"], ["a.md", "sub/deep/a.md"]],
    ["**/*.md", ["a.md", "sub/a.md", "sub/deep/a.md"], ["a.txt"]],
    ["sub", ["sub", "sub/a", "sub/deep/a"], ["subs", "x/sub"]],
    // Slashes at either end, and what a path cleans to.
    ["/sub/", ["sub", "sub/a"], ["x/sub"]],
    ["./x/../sub//a", ["sub/a"], ["x", "sub"]],
    ["  sub \t", ["sub"], []],
    ["../a", [], ["a"]],
    [".", [], ["a"]],
    ["/", [], ["a"]],
    // Any number of folders, none among them.
    ["**", ["a", "sub/a"], []],
    ["sub/**", ["sub/a", "sub/deep/a"], ["sub"]],
    ["**/deep/**", ["sub/deep/a", "deep/a"], ["deep", "sub/deep"]],
    ["sub/**/a", ["sub/a", "sub/x/y/a"], ["a", "sub/ba"]],
    ["**/foo", ["foo", "sub/foo", "sub/foo/x"], ["xfoo"]],
    // A leading ** before a literal is an ending.
    ["**foo", ["foo", "sub/foo", "xfoo", "sub/xfoo"], ["foox"]],
    ["**.log", ["a.log", "sub/a.log"], ["log"]],
    ["sub/***/a", ["sub/x/a"], []],
    // One character, classes, escapes.
    ["a?c", ["abc", "a😀c"], ["a/c", "ac"]],
    ["[ab].md", ["a.md", "b.md"], ["c.md"]],
    ["[^ab].md", ["c.md"], ["a.md"]],
    ["[!a].md", ["!.md", "a.md"], ["b.md"]],
    ["[a-c\\-]", ["b", "-"], ["d", "\\"]],
    ["\\#a", ["#a"], ["a", "\\#a"]],
    ["\\!a", ["!a"], ["a"]],
    ["q\\?r", ["q?r"], ["qxr"]],
    ["a\\d", ["ad"], ["a1"]],
    // What is special in an expression and not in a pattern.
    ["a+b (x).{y}|$^", ["a+b (x).{y}|$^"], ["aab x"]],
    // Names that every JavaScript object has.
    ["constructor", ["constructor"], ["toString", "__proto__"]],
    // Comments have their # in the first column.
    ["#a\n\n  \nb", ["b"], ["#a"]],
    [" #a", ["#a"], ["a"]],
    ["\uFEFFa\r\nb\r", ["a", "b"], []],
    // The last rule that fits decides.
    ["*.md\n!a.md", ["b.md"], ["a.md"]],
    ["!a.md\n*.md", ["a.md", "b.md"], []],
    ["*\n!sub/deep", ["a", "sub/a"], ["sub/deep", "sub/deep/a"]],
    ["sub\n!sub/deep\nsub/deep/x", ["sub/a", "sub/deep/x"], ["sub/deep/a"]],
    ["**\n! **/keep", ["a", "sub/a"], ["keep", "sub/keep"]],
  ])("%j", (rules, ignored, kept) => {
    expect(ignored.filter((path) => !ignores(rules, path))).toEqual([]);
    expect(kept.filter((path) => ignores(rules, path))).toEqual([]);
    expect(IgnoreRules.parse(rules).problems).toEqual([]);
  });

  it.each<[rules: string, line: number]>([
    ["!", 1],
    ["a\n!  \t", 2],
    ["[a", 1],
    ["[]", 1],
    ["[^]a", 1],
    ["a\n\n[z-a]", 3],
    ["a\\", 1],
  ])("%j is refused, as Docker refuses it", (rules, line) => {
    expect(IgnoreRules.parse(rules).problems).toMatchObject([{ line }]);
  });

  it.each<[rules: string, folder: string, expected: boolean]>([
    ["sub", "sub", false],
    ["sub\n!sub/deep/a", "sub", true],
    ["sub\n!sub/deep/a", "sub/deep", true],
    ["sub\n!sub/deep/a", "sub/other", false],
    ["sub\n!submarine", "sub", false],
    ["sub\n!**/a", "sub/other", true],
  ])("%j may bring back something in %s: %s", (rules, folder, expected) => {
    expect(IgnoreRules.parse(rules).rules.mayReinclude(folder)).toBe(expected);
  });
});
