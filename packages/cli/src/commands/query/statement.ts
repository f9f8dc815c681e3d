/** The statement of a query: from the command line, or from a file, whose name and line its errors have. */
import type { EngineError } from "@lakehouse/silver-gold/engine";
import type { Context } from "../../context.ts";
import { UsageError } from "../../errors.ts";
import { findInputs, readInput } from "../ingest/open-input.ts";

/** A statement, and where it is. */
export interface Statement {
  readonly sql: string;
  /** The file that it is in, as the user named it; absent for the command line. */
  readonly file?: string;
}

/** @throws UsageError unless there is one statement, from an argument or from a file that can be read. */
export async function statementOf(
  { folder, signal }: Pick<Context, "folder" | "signal">,
  sql: string | undefined,
  file: string | undefined,
): Promise<Statement> {
  if (sql !== undefined && file !== undefined) {
    throw new UsageError("There are two queries: an argument and --file", "Leave one of them out.");
  }
  if (sql !== undefined) {
    return { sql };
  }
  if (file === undefined) {
    throw new UsageError(
      "There is no query",
      "Give it as an argument, or name a file with --file.",
    );
  }
  const pieces: Buffer[] = [];
  let name = file;
  for (const input of await findInputs([file], folder)) {
    name = input.name;
    pieces.push(...(await Array.fromAsync(readInput(input, signal, () => {}))));
  }
  try {
    return {
      sql: new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(pieces)),
      file: name,
    };
  } catch (error) {
    throw error instanceof TypeError
      ? new UsageError(`${name} is not UTF-8`, "Save it as UTF-8, then run again.")
      : error;
  }
}

/** `report.sql:3`, or the file alone if the error is in no line. */
export function placeOf(
  { message, fault, summary }: EngineError,
  sql: string,
  file: string,
): string {
  const named = /^LINE (\d+):/m.exec(message)?.[1] ?? /, on line (\d+), is /.exec(message)?.[1];
  if (named !== undefined) {
    return `${file}:${named}`;
  }
  const position = fault === "outside" ? sql.indexOf(summary) : -1;
  return position < 0 ? file : `${file}:${sql.slice(0, position).split("\n").length}`;
}
