/** Proposes a table from files: reads them, writes its folder, and tries the contract on them. */
import { createReadStream } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { counted } from "@lakehouse/terminal/words";
import { each } from "@lakehouse/transforms/contract/child";
import type { Column } from "@lakehouse/transforms/contract/column";
import { csv } from "@lakehouse/transforms/contract/source";
import { defineTable, type Table } from "@lakehouse/transforms/contract/table";
import type { Context } from "../../context.ts";
import { DataError, UsageError } from "../../errors.ts";
import { tablesFolder } from "../check/folders.ts";
import { type TryResult, tryFiles } from "../try/try.ts";
import { formatSource } from "./format-source.ts";
import { isReserved, snakeCase } from "./infer/names.ts";
import { Profile } from "./infer/profile.ts";
import { allColumns, type ColumnProposal, type Proposal, propose } from "./infer/propose.ts";
import { readProfile, SampleLines } from "./read-profile.ts";
import { fileTitle, prepareSources, type Source } from "./sources.ts";
import { modelName, tableFiles } from "./table-files.ts";

/** What a file changed of what the ones before it said. */
export interface Widening {
  readonly file: string;
  readonly changes: readonly string[];
}

/** The result of `init`. */
export interface InitResult {
  readonly table: string;
  readonly folder: string;
  readonly files: readonly string[];
  readonly model: string;
  readonly records: number;
  readonly proposal: Proposal;
  readonly widened: readonly Widening[];
  /** What the contract makes of the files. */
  readonly trial: TryResult;
  /** What `ingest` can't read as it is or again, and the file beside the contract with its first records. */
  readonly converted: readonly {
    readonly file: string;
    readonly from: string;
    readonly kept: string;
  }[];
  /** The names of CSV headers that no contract can read. */
  readonly unreadable: readonly string[];
  /** What `ingest` can send. */
  readonly ingest: readonly string[];
}

/** How many lines of converted files are kept beside the contract. */
const keptLines = 1_000;

/**
 * Proposes a table, and writes its folder. Nothing is overwritten.
 *
 * @param names Paths of files and folders, and `-` for stdin.
 * @param folder The folder of the tables' folders.
 */
export async function init(
  context: Pick<Context, "catalog" | "folder" | "scratch" | "progress" | "signal">,
  table: string,
  names: readonly string[],
  folder = tablesFolder,
): Promise<InitResult> {
  checkName(context, table);
  const target = join(folder, table);
  const { sources, sample, unwrap, ...proposed } = await proposeTable(context, table, names);
  const { proposal } = proposed;
  const origin = fileTitle(sources[0]?.name ?? table);
  const delimiter = sources[0]?.csv?.delimiter;
  const files = tableFiles(
    {
      name: table,
      description: `Records as ${origin} has them`,
      origin: counted(proposal.records, "record"),
      unwrap,
      delimiter,
      unknownColumns: "ignore",
    },
    proposal,
    sample,
  );
  const loadable = await loadableFiles(sources, target);
  await writeFolder(target, table, new Map([...files, ...loadable.written]));
  return {
    table,
    folder: target,
    files: [...files.keys(), ...loadable.written.keys()],
    model: modelName(table, proposal),
    ...proposed,
    converted: sources.flatMap(({ name, converted }) =>
      converted === undefined ? [] : [{ file: name, from: converted, kept: loadable.file }],
    ),
    unreadable: [...new Set(sources.flatMap(({ csv: each }) => each?.unreadable ?? []))],
    ingest: loadable.names,
  };
}

/** A proposal, and what its contract makes of the files. */
interface ProposedTable extends Pick<InitResult, "records" | "proposal" | "widened" | "trial"> {
  readonly sources: readonly Source[];
  readonly unwrap: readonly string[] | undefined;
  /** The first records. */
  readonly sample: readonly string[];
}

/** Proposes a table, and writes nothing. */
export async function proposeTable(
  context: Pick<Context, "folder" | "scratch" | "progress" | "signal">,
  table: string,
  names: readonly string[],
): Promise<ProposedTable> {
  const sources = await prepareSources(context, names);
  checkShapes(sources);
  const unwrap = sources[0]?.unwrap;
  const delimiter = sources[0]?.csv?.delimiter;
  const isText = sources.every(({ csv: each }) => each !== undefined);
  const profile = new Profile();
  const sample = new SampleLines();
  const widened: Widening[] = [];
  let proposal: Proposal | undefined;
  for (const source of sources) {
    const task = context.progress.start(`reading ${source.name}`, "bytes", undefined);
    try {
      await readProfile(source, profile, sample, context.signal, (count) => task.advance(count));
    } finally {
      task.end();
    }
    const next = propose(profile, table, isText);
    const changes = proposal === undefined ? [] : changesOf(proposal, next);
    if (changes.length > 0) {
      widened.push({ file: source.name, changes });
    }
    proposal = profile.count === 0 ? undefined : next;
  }
  if (proposal === undefined || proposal.columns.length === 0) {
    throw new DataError(
      `${names.join(", ")}: there is no record with a key. `,
      "Name a file of JSON objects, or of CSV with a header.",
    );
  }
  const paths = sources.map(({ path }) => path);
  const contract = tableOf(table, proposal, unwrap, delimiter);
  const trial = await tryFiles(context, contract, paths, 2);
  return {
    records: profile.count,
    proposal,
    widened,
    trial,
    sources,
    unwrap,
    sample: sample.lines,
  };
}

/** The files to ingest. Of converted ones, the first lines are kept beside the contract. */
async function loadableFiles(
  sources: readonly Source[],
  target: string,
): Promise<{
  readonly names: readonly string[];
  readonly file: string;
  readonly written: ReadonlyMap<string, string>;
}> {
  const names = sources.flatMap(({ name, converted }) => (converted === undefined ? [name] : []));
  const lines: string[] = [];
  for (const { path, converted, unwrap } of sources) {
    if (converted === undefined) {
      continue;
    }
    // Part of an envelope is none.
    const maximum = unwrap === undefined ? keptLines : Number.POSITIVE_INFINITY;
    for await (const line of createInterface({ input: createReadStream(path) })) {
      if (lines.length >= maximum) {
        break;
      }
      lines.push(line);
    }
  }
  const isCsv = sources.some(({ csv: each }) => each !== undefined);
  const file = isCsv ? "sample.csv" : "sample.ndjson";
  return lines.length === 0
    ? { names, file, written: new Map() }
    : {
        file,
        names: [...names, join(target, file)],
        written: new Map([[file, lines.map((line) => `${line}\n`).join("")]]),
      };
}

/** @throws UsageError if a table can't have the name. */
export function checkName({ catalog }: Pick<Context, "catalog">, table: string): void {
  if (!/^[a-z][a-z0-9_]{0,62}$/.test(table)) {
    const plain = snakeCase(table).slice(0, 63);
    const hint = /^[a-z]/.test(plain) ? `Write ${plain}.` : "Begin with a letter.";
    throw new UsageError(
      `A table can't be named ${JSON.stringify(table)}`,
      `${hint} Names have lower-case letters, digits and _.`,
    );
  }
  if (isReserved(table)) {
    throw new UsageError(
      `${table} is a word of SQL, and would need quotes in every query`,
      `Choose another name, such as ${table}_records.`,
    );
  }
  const names = [...catalog.tables, ...catalog.models].map(({ name }) => name);
  if (names.includes(table)) {
    throw new UsageError(`There is already a table or model ${table}`, "Choose another name.");
  }
}

/** @throws UsageError if not all files hold their records in the same way. */
function checkShapes(sources: readonly Source[]): void {
  const [first] = sources;
  const other = sources.find((each) => first !== undefined && shape(each) !== shape(first));
  if (first !== undefined && other !== undefined) {
    throw new UsageError(
      `${first.name} and ${other.name} hold their records in different ways: ${shape(first)}, ${shape(other)}`,
      "Propose a table from files of one kind.",
    );
  }
}

function shape({ unwrap, csv: source }: Source): string {
  if (source !== undefined) {
    return `CSV with ${JSON.stringify(source.delimiter)}`;
  }
  if (unwrap === undefined) {
    return "JSON objects";
  }
  return unwrap.length === 0 ? "a JSON array" : `a JSON array named ${unwrap.join(".")}`;
}

/** What is different in a later proposal. */
function changesOf(before: Proposal, after: Proposal): readonly string[] {
  const earlier = new Map(allColumns(before).map((each) => [JSON.stringify(each.path), each]));
  const later = new Set(allColumns(after).map(({ path }) => JSON.stringify(path)));
  const changed = allColumns(after).flatMap((each) => {
    const old = earlier.get(JSON.stringify(each.path));
    if (old === undefined) {
      return [`${each.name}: new, ${each.code}`];
    }
    return old.code === each.code ? [] : [`${each.name}: ${old.code} became ${each.code}`];
  });
  const gone = allColumns(before)
    .filter(({ path }) => !later.has(JSON.stringify(path)))
    .map(({ name }) => `${name}: part of another column`);
  const keys = [before, after].map(({ primaryKey }) => primaryKey.names.join(", ") || "none");
  return [...changed, ...gone, ...(keys[0] === keys[1] ? [] : [`key: ${keys.join(" became ")}`])];
}

function columnsOf(columns: readonly ColumnProposal[]): Readonly<Record<string, Column>> {
  return Object.fromEntries(columns.map(({ name, column }) => [name, column]));
}

/** The proposed contract itself. */
export function tableOf(
  name: string,
  { columns, children, primaryKey, orderBy, partitionBy }: Proposal,
  unwrap: readonly string[] | undefined,
  delimiter?: string,
): Table {
  const [partition] = partitionBy.names;
  return defineTable({
    name,
    columns: columnsOf(columns),
    ...(children.length > 0 && {
      children: Object.fromEntries(
        children.map((child) => [child.name, each(child.path, columnsOf(child.columns))]),
      ),
    }),
    ...(primaryKey.names.length > 0 && { primaryKey: primaryKey.names }),
    ...(orderBy.names.length > 0 && { orderBy: orderBy.names }),
    ...(partition !== undefined && {
      partitionBy: { unit: partitionBy.unit ?? "month", column: partition },
    }),
    ...(unwrap !== undefined && { unwrap }),
    ...(delimiter !== undefined && { source: csv({ delimiter }) }),
    unknownColumns: "ignore",
  });
}

/** Writes a new folder. @throws UsageError if there is one. */
export async function writeFolder(
  target: string,
  table: string,
  files: ReadonlyMap<string, string>,
): Promise<void> {
  const sources = await Promise.all(
    [...files].map(async ([file, text]) => ({
      file,
      text: file.endsWith(".ts") ? await formatSource(file, text) : text,
    })),
  );
  try {
    await mkdir(target);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") {
      throw new UsageError(
        `The folder ${target} exists`,
        `Choose another name, or remove it: init overwrites nothing. To see what its contract refuses: lakehouse try ${table} FILE.`,
      );
    }
    throw error;
  }
  try {
    for (const { file, text } of sources) {
      await writeFile(join(target, file), text, { flag: "wx" });
    }
  } catch (error) {
    await rm(target, { recursive: true, force: true });
    throw error;
  }
}
