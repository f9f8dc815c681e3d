/** Turns DuckDB's errors into EngineErrors. */
import { asError } from "@lakehouse/transforms/errors";
import { EngineError } from "../engine.ts";

/** The engine's name in messages. */
export const duckDb = "DuckDB";

const prefix = "Failed to extract statements: ";
/** How messages begin when the SQL is at fault. */
const sqlAtFault =
  /^(?:Parser|Binder|Catalog|Syntax|Conversion|Out of Range|Invalid Input|Mismatch Type|Invalid Type|Not implemented|Parameter Not Resolved|Constraint|Sequence|Divide by Zero) Error|IO Error: No files found/;
/** How messages begin when the SQL reaches for something that is closed to it, with its name. */
const closed = [
  /^Permission Error: Cannot access (?:file|directory) "(.*?)" - /s,
  /^Catalog Error: .* exists in the (\w+) extension/,
  /^Missing Extension Error: .*?\b(\w+) extension/s,
];

/** Calls DuckDB. @throws EngineError for every error of DuckDB. */
export async function translated<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw engineError(error);
  }
}

/** Turns an error of DuckDB into an EngineError. */
export function engineError(error: unknown): EngineError {
  if (error instanceof EngineError) {
    return error;
  }
  const text = asError(error).message;
  const message = text.startsWith(prefix) ? text.slice(prefix.length) : text;
  // DuckDB repeats the statement after the message, with the views in it.
  const [summary] = message.split("\n\nLINE ", 1);
  const outside = closed.map((pattern) => pattern.exec(message)?.[1]).find(Boolean);
  if (outside !== undefined) {
    return new EngineError(duckDb, "outside", message, outside, { cause: error });
  }
  const fault = sqlAtFault.test(message) ? "sql" : "other";
  return new EngineError(duckDb, fault, message, summary, { cause: error });
}
