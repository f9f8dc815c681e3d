/** What a merge did, once others have written its files. Pure. */
import type { DataFile } from "@lakehouse/open-tables/data-file";
import type { MergeDecision, MergeOutput, WriteUnit } from "./engine.ts";

/**
 * Joins a decision with what was written.
 *
 * @param units The units of all jobs.
 * @param written The files of each of them.
 * @throws Error if the files do not have the rows that were decided.
 */
export function mergedBy(
  decision: Omit<MergeDecision, "jobs">,
  units: readonly WriteUnit[],
  written: readonly (readonly DataFile[])[],
): MergeOutput {
  const { rows, ...decided } = decision;
  const filesOf = (isDeleted: boolean) =>
    written.flatMap((files, index) => (units[index]?.isDeleted === isDeleted ? files : []));
  const files = filesOf(false);
  refuseLoss(files, rows);
  const originals = units.map(({ isCopy, files }) => (isCopy ? files[0] : undefined));
  const copies = copiesOf(written, originals);
  return { ...decided, written: files, copies, tombstones: filesOf(true) };
}

/** @param originals The files that were copied; undefined for others. @returns New files, and what they are copies of. */
export function copiesOf(
  written: readonly (readonly DataFile[])[],
  originals: readonly (DataFile | undefined)[],
): ReadonlyMap<DataFile, DataFile> {
  return new Map(
    originals.flatMap((original, index) =>
      original === undefined ? [] : (written[index] ?? []).map((file) => [file, original] as const),
    ),
  );
}

/** @throws Error if files do not have the rows that a merge decided. */
export function refuseLoss(written: readonly DataFile[], rows: number): void {
  const found = rowsIn(written);
  if (found !== rows) {
    throw new Error(`A merge wrote ${found} rows instead of ${rows}.`);
  }
}

/** The number of rows of some files. */
export function rowsIn(files: readonly DataFile[]): number {
  return files.reduce((sum, { rows }) => sum + rows, 0);
}
