/** Finds the records of a table that fulfil a condition, in Bronze, where the values are as they were sent. */
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { nativeFormats } from "@lakehouse/formats/native-formats";
import type { ObjectStore } from "@lakehouse/lake/object-store";
import type { Engine, Session } from "@lakehouse/silver-gold/engine";
import { recordTable } from "@lakehouse/transforms/contract/personal";
import type { Table, TableColumn } from "@lakehouse/transforms/contract/table";
import { decode } from "@lakehouse/transforms/decode/decoder";
import { decompress } from "@lakehouse/transforms/decode/decompress";
import { readsOf } from "@lakehouse/transforms/validate/computed";
import { UsageError } from "../../errors.ts";
import type { PlannedObject } from "./plan.ts";

/** No column of a contract begins with an underscore. */
const rowNumber = "_record";

/** What an object has. */
export interface FoundRecords {
  readonly records: number;
  readonly ranges: PlannedObject["ranges"];
  /** The lines of records that could not be read. */
  readonly unread: readonly number[];
}

/**
 * The contract with nothing but the columns that a condition names. So a record is looked into if these can be read, whatever
 * else is wrong with it.
 *
 * @throws UsageError if the condition names no column.
 */
export function namedColumns(table: Table, where: string): Table {
  const all = recordTable(table).columns.filter(({ child }) => child === undefined);
  const words = new Set(where.toLowerCase().match(/[a-z_]\w*/g));
  const named = all.filter(({ name }) => words.has(name));
  if (named.length === 0) {
    const names = all.map(({ name }) => name).join(", ");
    throw new UsageError(
      `--where names no column of ${table.name}`,
      `Columns are: ${names}. Write a condition over them, such as --where "${all[0]?.name} = 42".`,
    );
  }
  const needed = new Set(
    named.flatMap(({ name, computed }) => [name, ...(computed ? readsOf(computed) : [])]),
  );
  const columns = all.flatMap((column) => {
    const isNeeded = needed.has(column.name);
    // Where a row of CSV ends may depend on all names of the header.
    return isNeeded ? lenient(column) : table.source === undefined ? [] : text(column);
  });
  const rules = { expectations: [], unknownColumns: "ignore" } as const;
  return { ...table, ...rules, columns, recordColumns: undefined };
}

function lenient(column: TableColumn): TableColumn {
  const { accepted: _, minimum: __, maximum: ___, pattern: ____, pii: _____, ...rest } = column;
  return { ...rest, nullable: true };
}

function text({ name, path, orPaths, computed }: TableColumn): readonly TableColumn[] {
  const paths = { path, ...(orPaths && { orPaths }) };
  return computed === undefined
    ? [{ name, ...paths, type: { kind: "string" }, nullable: true }]
    : [];
}

/**
 * Finds the mistakes in a condition before anything is read.
 *
 * @throws EngineError
 * @throws UsageError if the condition reads a table. It is asked of one object after another, so it can't see all rows.
 */
export async function checkCondition(
  engine: Engine,
  session: Session,
  table: Table,
  where: string,
): Promise<void> {
  await define(session, table, []);
  await session.validate(selection(table, where));
  const { names } = await engine.dependencies(`select 1 where (${where}\n)`);
  if (names === undefined || names.length > 0) {
    throw new UsageError(
      "--where reads a table, but a condition sees only the values of one record",
      `Run that query with lakehouse query, and list the values: --where "${table.columns[0]?.name} in (42, 43)".`,
    );
  }
}

/**
 * Finds the records of an object.
 *
 * @param table With the named columns.
 * @param directory A folder that the session may use.
 */
export async function findRecords(
  session: Session,
  bronze: ObjectStore,
  key: string,
  table: Table,
  where: string,
  directory: string,
): Promise<FoundRecords> {
  const starts: number[] = [];
  const ends: number[] = [];
  const unread: number[] = [];
  let records = 0;
  // A folder for each object: the engine remembers parts of files by their path.
  const own = await mkdtemp(join(directory, "object-"));
  const names = [rowNumber, ...table.columns.map(({ name }) => name)];
  const writer = nativeFormats.parquet.openWriter(names, own);
  try {
    for await (const batch of decode(
      table,
      decompress(() => bronze.read(key)),
    )) {
      records += batch.rows + batch.refused.length + batch.forgotten;
      await writer.add(
        batch.frame
          .lazy()
          .withRowIndex(rowNumber, starts.length)
          .select(...names),
      );
      for (let row = 0; row < batch.rows; row++) {
        const { byteOffset, raw } = batch.source(row);
        starts.push(byteOffset);
        ends.push(byteOffset + raw.length);
      }
      unread.push(...batch.refused.map(({ line }) => line));
    }
    const { path } = await writer.finish();
    if (starts.length === 0) {
      return { records, ranges: [], unread };
    }
    await define(session, table, [path]);
    const found = await session.rows(selection(table, where));
    const rows = found.map((row) => Number(row[rowNumber]));
    const ranges = rows.map((row): [number, number] => [starts[row] ?? 0, ends[row] ?? 0]);
    return { records, ranges, unread };
  } finally {
    await writer.discard();
    await rm(own, { recursive: true, force: true });
  }
}

async function define(session: Session, table: Table, files: readonly string[]): Promise<void> {
  const number = { name: rowNumber, type: { kind: "int64" } } as const;
  const columns = [number, ...table.columns.map(({ name, type }) => ({ name, type }))];
  await session.define(table.name, { kind: "files", columns, format: "parquet", files });
}

function selection({ name }: Table, where: string): string {
  return `select "${rowNumber}" from "${name}" where (${where}\n) order by all`;
}
