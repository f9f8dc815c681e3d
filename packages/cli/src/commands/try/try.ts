/** Reads files by a table's contract, as silver does, and counts what it refuses. */
import { randomBytes } from "node:crypto";
import { type Open, readObject } from "@lakehouse/bronze-silver/read-object";
import { type CountedReason, ReasonCounts } from "@lakehouse/silver-gold/reason-counts";
import { shortened } from "@lakehouse/terminal/words";
import { pathsOfColumn } from "@lakehouse/transforms/contract/checked-table";
import type { Path } from "@lakehouse/transforms/contract/path";
import { recordTable } from "@lakehouse/transforms/contract/personal";
import type { Table } from "@lakehouse/transforms/contract/table";
import type { Reason } from "@lakehouse/transforms/decode/exact";
import { PersonalKey } from "@lakehouse/transforms/personal/personal-key";
import type { Refused } from "@lakehouse/transforms/quarantine";
import type { Context } from "../../context.ts";
import { DamagedInputError } from "../../errors.ts";
import { countBytes, findInputs, type Input, totalSize } from "../ingest/open-input.ts";

/** A refused record, as an example of its reason. */
export interface RefusedSample {
  readonly file: string;
  /** The line that the record starts on, from 1. */
  readonly line: number;
  readonly message: string;
  /** The column's value as it was sent; undefined if the record has none, or can't be read. */
  readonly value?: string | undefined;
}

/** What became of the records of some files. */
export interface TryResult {
  readonly table: string;
  readonly files: number;
  readonly records: number;
  readonly rows: number;
  readonly refused: number;
  readonly dropped: number;
  readonly warned: number;
  readonly reasons: readonly CountedReason<RefusedSample>[];
}

/** How many characters of a value are shown. */
const shownCharacters = 80;

/**
 * Reads files by a contract. Nothing is written, and no lake is needed.
 *
 * @param names Paths, and `-` for stdin.
 * @param samples The number of samples of each reason.
 * @param blockMib How much of a file is decoded at once.
 */
export async function tryFiles(
  { folder, progress, signal }: Pick<Context, "folder" | "progress" | "signal">,
  table: Table,
  names: readonly string[],
  samples: number,
  blockMib?: number,
): Promise<TryResult> {
  const inputs = await findInputs(names, folder);
  const counts = { records: 0, rows: 0, refused: 0, dropped: 0, warned: 0 };
  const reasons = new ReasonCounts<RefusedSample>(samples);
  const limits = blockMib === undefined ? {} : { blockBytes: blockMib * 1024 * 1024 };
  // Nothing keeps the hashes.
  const personalKey = new PersonalKey(randomBytes(32).toString("hex"));
  const task = progress.start(`trying ${table.name}`, "bytes", totalSize(inputs));
  try {
    for (const input of inputs) {
      const open = opener(input, signal, (count) => task.advance(count));
      await readObject(table, open, { limits, signal, personalKey }, async (batch) => {
        const { rows, refused, dropped, warned } = batch;
        counts.records += rows + refused.length + dropped;
        counts.rows += rows;
        counts.refused += refused.length;
        counts.dropped += dropped;
        counts.warned += warned;
        for (const each of refused) {
          reasons.add(table.name, each.reasons, 1, (reason) =>
            sampleOf(input, table, each, reason),
          );
        }
      });
    }
  } finally {
    task.end();
  }
  return { table: table.name, files: inputs.length, ...counts, reasons: reasons.sorted() };
}

/** Opens an input again if its gzip data is damaged. Stdin can't be read again. */
function opener(input: Input, signal: AbortSignal, onBytes: (count: number) => void): Open {
  let opened = 0;
  return async () => {
    opened += 1;
    if (opened === 1) {
      return countBytes(input.open(signal), onBytes);
    }
    if (!input.isFile) {
      throw new DamagedInputError();
    }
    return input.open(signal);
  };
}

function sampleOf(
  { name }: Input,
  table: Table,
  { line, raw, json }: Refused,
  { column, message }: Reason,
): RefusedSample {
  if (column === null) {
    return { file: name, line, message, value: firstOf(raw) };
  }
  const known = recordTable(table).columns.find((each) => each.name === column);
  const paths = known === undefined ? [[column]] : pathsOfColumn(known);
  return { file: name, line, message, value: valueAt(json ?? raw.toString("utf8"), paths) };
}

/** The beginning of a record that is at fault as a whole. */
function firstOf(raw: Buffer): string {
  return shortened(raw.subarray(0, 4 * shownCharacters).toString("utf8"), shownCharacters);
}

/** The first value at one of the paths, as the record wrote it. */
function valueAt(raw: string, paths: readonly Path[]): string | undefined {
  let record: unknown;
  try {
    record = JSON.parse(raw, (_key, part: unknown, { source }) =>
      typeof part === "number" && source !== undefined ? JSON.rawJSON(source) : part,
    );
  } catch {
    return undefined;
  }
  const values = paths.map((path) => follow(record, path));
  const value = values.find((each) => each !== undefined && each !== null) ?? values[0];
  return value === undefined ? undefined : shortened(JSON.stringify(value), shownCharacters);
}

function follow(record: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (found, key) =>
      typeof found === "object" && found !== null && Object.hasOwn(found, key)
        ? (found as Readonly<Record<string | number, unknown>>)[key]
        : undefined,
    record,
  );
}
