/** The folder of the package that a bundled file comes from; undefined for the product's own files. */
export function packageFolder(input) {
  const at = input.lastIndexOf("node_modules/");
  if (at < 0) return undefined;
  const rest = input.slice(at + "node_modules/".length).split("/");
  const name = rest.slice(0, rest[0].startsWith("@") ? 2 : 1).join("/");
  return `${input.slice(0, at)}node_modules/${name}`;
}

export function packageName(folder) {
  return folder.slice(folder.lastIndexOf("node_modules/") + "node_modules/".length);
}
