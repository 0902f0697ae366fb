import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

import { packageFolder } from "./packages.mjs";

const rule = "-".repeat(80);

/** Name, version, source and licence text of every package that went into a bundle. */
export async function collectLicenses(root, metafiles, legalNotices) {
  const folders = new Set();
  for (const { outputs } of metafiles) {
    for (const [input, { bytesInOutput }] of Object.values(outputs).flatMap(({ inputs }) =>
      Object.entries(inputs),
    )) {
      const folder = packageFolder(input);
      if (folder !== undefined && bytesInOutput > 0) folders.add(folder);
    }
  }
  const packages = await Promise.all([...folders].map((folder) => readPackage(join(root, folder))));
  // Some publish their licence by name only; the texts of these name no holder and are the same for all.
  for (const bundled of packages) {
    bundled.text ??=
      packages.find(
        ({ license, text }) =>
          text !== undefined && license === bundled.license && /^(MPL|Apache)-/.test(license),
      )?.text ?? `Its authors declare: ${bundled.license}.`;
  }
  const byText = new Map();
  for (const { title, text } of packages) {
    byText.set(text, [...new Set([...(byText.get(text) ?? []), title])].sort());
  }
  const sections = [...byText]
    .sort(([, [a]], [, [b]]) => (a < b ? -1 : 1))
    .map(([text, titles]) => `${titles.join("\n")}\n\n${text}\n`);
  const notices = listNotices(legalNotices);
  if (notices.length > 0) sections.push(`Notices in source files\n\n${notices.join("\n\n")}\n`);
  return [
    "runnerctl contains code of the packages below, unchanged but for bundling, under their licences.\n",
    ...sections,
  ].join(`${rule}\n`);
}

async function readPackage(folder) {
  const manifest = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  const license = manifest.license?.type ?? manifest.license ?? "unknown";
  const { repository, homepage } = manifest;
  const source = (repository?.url ?? repository ?? homepage ?? "").replace(/^git\+/, "");
  return {
    license,
    title: `${manifest.name} ${manifest.version} (${license})${source === "" ? "" : ` ${source}`}`,
    text: await readLicense(folder),
  };
}

/** The licence files of a package, or what its readme says under that heading. */
async function readLicense(folder) {
  const names = (await readdir(folder)).sort();
  const read = async (name) => (await readFile(join(folder, name), "utf8")).trim();
  const files = names.filter((name) => /^(licen[cs]e|copying|notice)(\.(md|txt))?$/i.test(name));
  if (files.length > 0) return (await Promise.all(files.map(read))).join("\n\n");
  const readme = names.find((name) => /^readme\.md$/i.test(name));
  const said = /^#+ *licen[cs]e *\n(.+)/ims.exec(readme === undefined ? "" : await read(readme));
  // Less than a sentence only repeats the name.
  return said !== null && said[1].length > 200 ? said[1].trim() : undefined;
}

/**
 * esbuild writes one list a bundle; what several bundles hold is said once. Comments that are kept
 * for other tools are not about licences.
 */
function listNotices(texts) {
  const notices = texts
    .flatMap((text) => text.trim().split(/\n\n(?=\S)/))
    .filter((notice) => /copyright|licen[cs]ed?\b|\(c\)/i.test(notice.replace(/^.*:$/gm, "")))
    .filter((notice) => !/^Bundled license information:$/.test(notice));
  return [...new Set(notices)].sort();
}
