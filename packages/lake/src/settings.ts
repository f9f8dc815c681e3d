/** Reads settings from environment variables. Every error names the variable, its value and what is allowed. */
import * as z from "zod";
import { ConfigurationError } from "./errors.ts";

/** Environment variables, as in `process.env`. */
export type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Reads and checks variables. An empty one counts as missing.
 *
 * @param shape The variables by name. The error message of each is a sentence that says what is allowed.
 * @throws ConfigurationError for the first variable that is wrong.
 */
export function readSettings<S extends z.ZodRawShape>(
  shape: S,
  variables: Variables,
): z.output<z.ZodObject<S>> {
  const set = Object.entries(variables).filter(([, value]) => value !== undefined && value !== "");
  const { data, error } = z.object(shape).safeParse(Object.fromEntries(set));
  if (error === undefined) {
    return data;
  }
  const [{ path, message } = { path: [], message: "" }] = error.issues;
  const name = String(path[0]);
  const value = variables[name] || undefined;
  const problem = value === undefined ? "is not set" : `is ${JSON.stringify(value)}`;
  throw new ConfigurationError(name, problem, message);
}

/** A whole number in a range. */
export function wholeNumber(minimum: number, maximum: number, unit: string) {
  const error = `Use a whole number of ${unit} from ${minimum} to ${maximum}, or remove it.`;
  return z
    .string()
    .regex(/^\d+$/, { error })
    .transform(Number)
    .refine((value) => value >= minimum && value <= maximum, { error });
}
