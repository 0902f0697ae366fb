import { isBuiltin } from "node:module";

import { packageFolder, packageName } from "./packages.mjs";

/**
 * What each file of the build is made of, as JSON: the packages and the rooms of `src` in it, and
 * the files it loads together with itself. Tests read it to know what a command loads.
 */
export function describeBundles(metafiles, folder) {
  const inFolder = (path) => path.slice(folder.length + 1);
  const facts = {};
  for (const [path, output] of metafiles.flatMap(({ outputs }) => Object.entries(outputs))) {
    if (path.endsWith(".LEGAL.txt")) continue;
    const packages = new Set();
    const rooms = new Set();
    for (const [input, { bytesInOutput }] of Object.entries(output.inputs)) {
      if (bytesInOutput === 0) continue;
      const from = packageFolder(input);
      if (from !== undefined) packages.add(packageName(from));
      else rooms.add(input.split("/").slice(0, -1).slice(0, 2).join("/"));
    }
    for (const { path: imported, external } of output.imports) {
      if (external !== true || isBuiltin(imported) || imported.startsWith("<")) continue;
      packages.add(packageName(packageFolder(`node_modules/${imported}`)));
    }
    facts[inFolder(path)] = {
      bytes: output.bytes,
      packages: [...packages].sort(),
      rooms: [...rooms].sort(),
      imports: output.imports
        .filter(({ kind, external }) => kind === "import-statement" && external !== true)
        .map(({ path: imported }) => inFolder(imported)),
    };
  }
  const lines = Object.entries(facts).map(
    ([path, fact]) => `${JSON.stringify(path)}: ${JSON.stringify(fact)}`,
  );
  return `{\n${lines.join(",\n")}\n}\n`;
}
