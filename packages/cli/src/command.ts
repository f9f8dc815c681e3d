/** What the definitions of all commands share. */
import { InvalidArgumentError, Option } from "@commander-js/extra-typings";
import { directoryOf, isLake } from "@lakehouse/lake/lake";
import { type Screen, screenOf } from "@lakehouse/terminal/screen";
import { jsonDocument } from "@lakehouse/terminal/words";
import type { Table } from "@lakehouse/transforms/contract/table";
import type { Catalog } from "@lakehouse/transforms/model/catalog";
import type { Context, Outcome } from "./context.ts";
import { UsageError, unknownName } from "./errors.ts";

/** Runs a command's work with its context, and writes its output. */
export type Run = (work: (context: Context) => Promise<Outcome>) => Promise<void>;

/**
 * What a command does if a table has mistakes:
 *
 * - `refuse`: nothing. For commands that change the lake: without the table, gold would be removed.
 * - `continue`: it works on the others, and ends with exit code 2.
 * - `report`: it prints them itself.
 */
export type MistakePolicy = "refuse" | "continue" | "report";

/** The result as JSON if `--json` is set, otherwise as text. */
export function report<R>(
  context: Context,
  result: R,
  text: (result: R, screen: Screen) => string,
  exitCode = 0,
): Outcome {
  return {
    output: context.json ? jsonDocument(result) : text(result, context.screen),
    exitCode,
  };
}

/**
 * For commands that only read. Without this check they would report that an absent lake is fine.
 *
 * @throws UsageError if there is no lake.
 */
export function requireLake({ location }: Context): void {
  if (!isLake(location)) {
    throw new UsageError(
      `There is no lake in ${directoryOf(location)}`,
      "Name another place with --lake, or create a lake: lakehouse ingest, or lakehouse start.",
    );
  }
}

/**
 * The examples at the end of a command's help: command lines, each with a comment. On a narrow terminal the comment is
 * on the line above.
 */
export function examples(...lines: readonly (readonly [string, string])[]): () => string {
  const width = Math.max(...lines.map(([line]) => line.length));
  const side = lines.map(([line, meaning]) => `  $ lakehouse ${line.padEnd(width)}  # ${meaning}`);
  const above = lines.flatMap(([line, meaning]) => [`  # ${meaning}`, `  $ lakehouse ${line}`]);
  return () => {
    const { columns = Number.POSITIVE_INFINITY } = screenOf(process.stdout);
    const fits = side.every((line) => line.length <= columns);
    return ["", "Examples:", ...(fits ? side : above)].join("\n");
  };
}

/** @throws UsageError that lists the tables. */
export function tableNamed(catalog: Catalog, name: string): Table {
  const table = catalog.tables.find((each) => each.name === name);
  const parent = catalog.models.find((each) => each.name === name)?.childOf?.name;
  if (parent !== undefined) {
    throw new UsageError(
      `${name} is a child of ${parent}, whose records it comes from`,
      `Name ${parent} instead.`,
    );
  }
  if (table === undefined) {
    throw unknownName("table", name, catalog.tables);
  }
  return table;
}

/** A parser for options that are whole numbers. */
export function wholeNumber(minimum: number, maximum: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < minimum || value > maximum) {
      throw new InvalidArgumentError(`Give a whole number from ${minimum} to ${maximum}.`);
    }
    return value;
  };
}

/** Parses an option of the form `yyyy-MM-dd`. */
export function calendarDate(text: string): string {
  const time = Date.parse(`${text}T00:00:00Z`);
  const exists =
    /^\d{4}-\d\d-\d\d$/.test(text) &&
    !Number.isNaN(time) &&
    new Date(time).toISOString().startsWith(text);
  if (!exists) {
    throw new InvalidArgumentError("Give a date as yyyy-MM-dd.");
  }
  return text;
}

/** How much of a bronze object is decoded at once. */
export const blockMib = wholeNumber(1, 256);
export const blockMibHelp =
  "MiB of an object decoded at once: less saves memory, more saves time (default: 4)";

/** The files that a command reads records from. */
export const recordFilesHelp =
  "NDJSON or CSV as the contract says, plain or gzip, or folders of them; - is stdin";

/** How many refused records are shown. */
export function samplesOption() {
  return new Option("--samples <n>", "the number of examples of each reason")
    .argParser(wholeNumber(0, 1_000))
    .default(2);
}
