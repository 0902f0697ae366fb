import tseslint from "typescript-eslint";

const noProcessEnv = {
  object: "process",
  property: "env",
  message: "Read the environment in src/config/env.ts only; pass values on.",
};
const noProcessExit = {
  object: "process",
  property: "exit",
  message: "Return an exit code; process.exit cuts off output that is still being written.",
};

export default tseslint.config(
  {
    ignores: ["dist/", "node_modules/", ".runnerctl/", "cdktf.out/", "coverage/", "test/fixtures/"],
  },
  {
    files: ["**/*.ts"],
    extends: [...tseslint.configs.recommended],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-misused-promises": "error",
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-unused-vars": [
        "error",
        { argsIgnorePattern: "^_", varsIgnorePattern: "^_" },
      ],
      "@typescript-eslint/switch-exhaustiveness-check": [
        "error",
        { considerDefaultExhaustiveForUnions: true },
      ],
      eqeqeq: ["error", "always"],
    },
  },
  {
    files: ["src/**/*.ts"],
    rules: {
      "no-restricted-properties": ["error", noProcessEnv, noProcessExit],
      "no-restricted-syntax": [
        "error",
        { selector: "ExportDefaultDeclaration", message: "No default exports." },
        { selector: "ExportAllDeclaration", message: "No barrels." },
      ],
      "max-lines": ["error", { max: 320, skipBlankLines: true, skipComments: true }],
    },
  },
  // The sandbox's programs are processes of their own (a Terraform plugin, a runner stand-in): they
  // are told everything by their environment, as the real ones are.
  {
    files: [
      "src/config/env.ts",
      "src/sandbox/provider/**/*.ts",
      "src/sandbox/runner/listener/**/*.ts",
    ],
    rules: { "no-restricted-properties": ["error", noProcessExit] },
  },
);
