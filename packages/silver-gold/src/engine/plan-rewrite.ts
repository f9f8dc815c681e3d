/** Plans which data files a merge writes: files with replaced rows, and new rows joined with small files. Pure. */
import type { DataFile } from "@lakehouse/open-tables/data-file";
import { inGroups } from "../in-groups.ts";

/** A file with at most this many rows is sorted together with new rows. A larger one is copied, with rows replaced. */
export const smallRows = 50_000;
/** The most partitions that a statement writes. Each takes memory beyond DuckDB's limit until the statement ends. */
const mostPartitions = 48;
/** A file with at most this many rows is always joined with new rows, because opening it costs about as much. */
const fewRows = 10_000;
/** The most rows of a file: some 30 MiB. */
export const fullRows = 1_000_000;
/** New rows are joined with files of up to this many times as many rows, so a row is written again a few times only. */
const tier = 4;

/** Rows of one partition that are sorted and written together. */
export interface SortedPartition {
  readonly partition: string;
  /** The files whose rows are written again. */
  readonly files: readonly DataFile[];
  /** The number of rows, at most. */
  readonly rows: number;
}

/** What to write. */
export interface RewritePlan {
  /** Partitions that are written in one statement. */
  readonly groups: readonly (readonly SortedPartition[])[];
  /** Files that are copied one by one. */
  readonly copies: readonly DataFile[];
}

/**
 * Plans what to write.
 *
 * @param base All data files.
 * @param hit Those with a row that a new one replaces.
 * @param fresh The number of new rows, by partition, that do not take the place of a row in a large file.
 * @param mostRows The most rows of a file.
 */
export function planRewrite(
  base: readonly DataFile[],
  hit: readonly DataFile[],
  fresh: ReadonlyMap<string, number>,
  mostRows: number = fullRows,
): RewritePlan {
  const isHit = new Set(hit);
  const others = Map.groupBy(
    base.filter((file) => !isHit.has(file)),
    ({ partition }) => partition,
  );
  const small = Map.groupBy(
    hit.filter(({ rows }) => rows <= smallRows),
    ({ partition }) => partition,
  );
  const partitions = [...new Set([...small.keys(), ...fresh.keys()])].sort().map((partition) => {
    const files = [...(small.get(partition) ?? [])].sort(byRows);
    const added = fresh.get(partition) ?? 0;
    let rows = files.reduce((sum, file) => sum + file.rows, added);
    for (const file of added === 0 ? [] : [...(others.get(partition) ?? [])].sort(byRows)) {
      if (file.rows > Math.max(tier * rows, fewRows) || rows + file.rows > mostRows) {
        break;
      }
      files.push(file);
      rows += file.rows;
    }
    return { partition, files, rows };
  });
  return {
    groups: groupsOf(partitions, mostRows),
    copies: hit.filter(({ rows }) => rows > smallRows),
  };
}

/** Neighbours with few rows share a statement, which costs more than their rows. */
export function groupsOf(
  partitions: readonly SortedPartition[],
  mostRows: number = fullRows,
): SortedPartition[][] {
  return inGroups(partitions, ({ rows }) => rows, Math.min(smallRows, mostRows), mostPartitions);
}

function byRows(a: DataFile, b: DataFile): number {
  return a.rows - b.rows || (a.path < b.path ? -1 : 1);
}
