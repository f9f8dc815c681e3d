/** Divides what a merge writes into jobs for others, and says which rows each of them writes. */
import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { filePath } from "@lakehouse/formats/duckdb-sql";
import { literal } from "@lakehouse/formats/sql-text";
import type { DataFile } from "@lakehouse/open-tables/data-file";
import { inGroups } from "../../../in-groups.ts";
import type { MergeInput, WriteJob, WriteUnit } from "../../engine.ts";
import { fullRows, groupsOf, type RewritePlan, type SortedPartition } from "../../plan-rewrite.ts";
import { translated } from "../duckdb-error.ts";
import { type MergeSql, mergeTables, partitionName } from "./merge-sql.ts";
import { countRows, rangesOf } from "./write-files.ts";

const { newRows, matches, tombstones } = mergeTables;

interface DivideInput extends Pick<MergeInput, "base" | "directory" | "mostRows"> {
  readonly connection: DuckDBConnection;
  readonly sql: MergeSql;
}

/** Divides the files of a plan, and those of deleted rows. @param most About how many rows a job writes. */
export async function divideWrites(
  input: DivideInput,
  plan: RewritePlan,
  most: number,
): Promise<readonly WriteJob[]> {
  const units = [...(await unitsOf(input, plan)), ...(await deletedUnits(input))];
  const groups = inGroups(units, ({ rows }) => rows, most);
  const jobs: WriteJob[] = [];
  for (const [index, group] of groups.entries()) {
    jobs.push(await exportJob(input, group, index));
  }
  return jobs;
}

async function unitsOf(
  { connection, mostRows = fullRows }: DivideInput,
  { groups, copies }: RewritePlan,
): Promise<WriteUnit[]> {
  const hasCopies = copies.length > 0;
  const reader = await translated(() =>
    connection.runAndReadAll(`select ${partitionName}, min(rowid) from ${newRows} group by all`),
  );
  const starts = new Map(reader.getRows().map(([value, start]) => [String(value), Number(start)]));
  const sorted = groups.flatMap((group) => {
    const { first, files, rows, ...unit } = unitOf(group);
    const start = starts.get(first) ?? 0;
    const all = { ...unit, first, files, rows, hasCopies, start };
    const isLarge = files.length === 0 && !hasCopies && group.length === 1 && rows > mostRows;
    return isLarge
      ? rangesOf(start, rows, mostRows).map(([from, to]) => ({
          ...all,
          isRange: true,
          start: from,
          rows: to - from,
        }))
      : [all];
  });
  const copied = copies.map((file) => {
    const { partition, rows } = file;
    const places = { first: partition, last: partition, rows, start: 0 };
    const isNot = { isRange: false, isDeleted: false };
    return { files: [file], isCopy: true, ...places, hasCopies, ...isNot };
  });
  return [...sorted, ...copied];
}

function unitOf(group: readonly SortedPartition[]) {
  return {
    files: group.flatMap(({ files }) => files),
    isCopy: false,
    first: group[0]?.partition ?? "",
    last: group.at(-1)?.partition ?? "",
    rows: group.reduce((sum, { rows }) => sum + rows, 0),
    isRange: false,
    isDeleted: false,
  };
}

/** The rows that delete their key. They are sorted like new rows whose places say nothing. */
async function deletedUnits({ connection, sql, mostRows }: DivideInput): Promise<WriteUnit[]> {
  const partitions = sql.deletes === undefined ? [] : await countRows(connection, tombstones);
  return groupsOf(partitions, mostRows).map((group) => ({
    ...unitOf(group),
    hasCopies: true,
    start: 0,
    isDeleted: true,
  }));
}

/** Writes down which rows the units of a job are about. */
async function exportJob(
  { connection, sql, base, directory }: DivideInput,
  units: readonly WriteUnit[],
  index: number,
): Promise<WriteJob> {
  const { match, sameKey, unplaced, replacing } = sql;
  const place = "file_index as __file, file_row_number as __row";
  const idsOf = (files: readonly DataFile[]) => files.map((file) => base.indexOf(file)).join(", ");
  const rows = units.map((unit, number) => {
    const select = `select ${number} as __unit, ${place}`;
    if (unit.isCopy) {
      return `${select} from ${matches} as __m join ${replacing} as __n on ${sameKey("__m", "__n")}
        where __m.__wins and __m.__file = ${idsOf(unit.files)}`;
    }
    return unit.isRange
      ? `${select} from ${newRows} where rowid >= ${unit.start} and rowid < ${unit.start + unit.rows}`
      : `${select} from ${unit.isDeleted ? tombstones : unplaced} where ${partitionName} between ${literal(unit.first)} and ${literal(unit.last)}`;
  });
  const keys = units.flatMap(({ files }, number) =>
    files.length === 0 || match.length === 0
      ? []
      : [
          `select ${[`${number} as __unit`, ...match, "__stays"].join(", ")} from ${matches}
           where __wins and __file in (${idsOf(files)})`,
        ],
  );
  const paths = {
    rows: join(directory, `rows-${index}.parquet`),
    keys: keys.length === 0 ? undefined : join(directory, `keys-${index}.parquet`),
  };
  return await translated(async () => {
    const copy = async (selects: readonly string[], path: string): Promise<void> => {
      const order = "order by all";
      await connection.run(
        `copy (select * from (${selects.join(" union all ")}) ${order}) to ${literal(path)} (format parquet)`,
      );
    };
    await copy(rows, paths.rows);
    if (paths.keys !== undefined) {
      await copy(keys, paths.keys);
    }
    const found = await connection.runAndReadAll(
      `select distinct __file from read_parquet(${filePath(paths.rows)}) order by all`,
    );
    const added = found.getRows().map(([file]) => Number(file));
    // Without a row to write, a file says what types the columns have.
    return { units, added: added.length === 0 ? [0] : added, ...paths };
  });
}
