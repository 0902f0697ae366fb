import * as z from "zod";

/* Values that several parts of the file have in common. */

export const variableName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "a variable name: letters, digits and '_', no digit first");

/** Seconds, or a number with s, m, h or d: `90m`, `6h`. */
export const durationSchema = z
  .union([
    z.number().int().positive(),
    z.string().regex(/^[1-9]\d*\s*(s|m|h|d)$/, "a duration above zero, such as 45s, 90m, 6h or 1d"),
  ])
  .describe("Seconds, or a number with a unit: 45s, 90m, 6h, 1d.");
