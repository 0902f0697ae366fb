// The import rules of the house: who may import whom. A room not named in `may` is closed to it.
const rooms = {
  domain: [],
  errors: [],
  config: ["domain", "errors"],
  azure: ["domain", "errors"],
  github: ["domain", "errors"],
  terraform: ["domain", "errors"],
  image: ["domain", "errors"],
  operations: ["azure", "github", "terraform", "image", "domain", "config", "errors"],
  output: ["domain", "errors"],
  // domain: pure words and decisions, which whoever may import anything may import.
  commands: ["operations", "output", "config", "errors", "domain"],
  stacks: ["config", "domain"],
  sandbox: [],
};

/** Single files open to a room beside the rooms above, each with its reason. */
const doors = {
  // Long work reports through one event type; only the type and its constructors, no renderer.
  operations: ["^src/output/events\\.ts$"],
  azure: ["^src/output/events\\.ts$"],
  github: ["^src/output/events\\.ts$"],
  terraform: ["^src/output/events\\.ts$"],
  image: ["^src/output/events\\.ts$"],
  // A command receives the composition root; the sandbox and stacks are reached by their one entry.
  commands: [
    "^src/context\\.ts$",
    "^src/sandbox/(open|start|dispatch)\\.ts$",
    "^src/stacks/app\\.ts$",
  ],
};

const roomRules = Object.entries(rooms).map(([room, may]) => ({
  name: `room-${room}`,
  severity: "error",
  comment: `${room} may import: ${[...may, ...(doors[room] ?? [])].join(", ") || "nothing of ours"}`,
  from: { path: `^src/${room}/` },
  to: {
    path: "^src/",
    pathNot: [`^src/${room}/`, ...may.map((m) => `^src/${m}/`), ...(doors[room] ?? [])],
  },
}));

module.exports = {
  forbidden: [
    ...roomRules,
    { name: "no-circular", severity: "error", from: {}, to: { circular: true } },
    {
      name: "cdktf-only-in-stacks",
      severity: "error",
      comment: "cdktf is archived upstream: the day we move, only src/stacks changes.",
      from: { pathNot: "^src/stacks/" },
      to: { path: "node_modules/(cdktf|@cdktf|constructs)/" },
    },
    {
      name: "child-processes-only-in-terraform-and-sandbox",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/(terraform|sandbox)/" },
      to: { path: "^(node:)?child_process$", dependencyTypes: ["core"] },
    },
    {
      name: "sandbox-only-by-its-entries",
      severity: "error",
      comment: "Only the sandbox command and --sandbox may start it.",
      from: { path: "^src/", pathNot: "^src/(sandbox/|commands/sandbox|context\\.ts$)" },
      to: { path: "^src/sandbox/" },
    },
  ],
  options: {
    tsConfig: { fileName: "tsconfig.json" },
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules" },
    enhancedResolveOptions: {
      extensions: [".ts", ".js", ".json"],
      conditionNames: ["import", "node", "default", "types"],
    },
  },
};
