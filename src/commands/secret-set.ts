import { setSecret } from "../operations/secret-set.js";
import { renderSecretSet } from "../output/views/secret-set.js";
import type { CommandHandler } from "./definition.js";
import { readString } from "./options.js";
import { readSecretFile, readSecretInput } from "./secret-input.js";

export const runSecretSet: CommandHandler = async (context, { options }) => {
  const file = readString(options["file"]);
  const config = await context.config();
  const value = await (file === undefined
    ? readSecretInput(context, config.github.auth.type)
    : readSecretFile(context, file));
  const result = await setSecret(
    // `--no-verify` arrives as `verify: false`.
    { config, value, verify: options["verify"] !== false },
    {
      connection: await context.azure(),
      emit: context.emit,
      signal: context.signal,
      redact: context.shell.redactor,
    },
  );
  return renderSecretSet(result);
};
