import ts from "typescript";

/** The declaration files of a project: path → text. Types are checked elsewhere (npm run typecheck). */
export function emitTypes(configFile) {
  const config = ts.getParsedCommandLineOfConfigFile(
    configFile,
    {},
    { ...ts.sys, onUnRecoverableConfigFileDiagnostic: fail },
  );
  const program = ts.createProgram(config.fileNames, config.options);
  const files = new Map();
  const { diagnostics } = program.emit(undefined, (path, text) => files.set(path, text));
  if (diagnostics.length > 0) fail(diagnostics[0]);
  return files;
}

function fail({ messageText }) {
  throw new Error(
    `The types cannot be written: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`,
  );
}
