/** The partition values of data files. */
import type { Partitioning } from "@lakehouse/transforms/contract/partition";
import { partitionLength } from "@lakehouse/transforms/contract/partition";
import type { DataFile } from "./data-file.ts";

/** The partition value of a file, as text: a day, month or year. Undefined for a partition of nulls. */
export function partitionText({ partition }: Pick<DataFile, "partition">): string | undefined {
  return partition === "" ? undefined : partition;
}

/**
 * The number that Iceberg's transform gives for a partition: days, months or years since 1970. Undefined for a partition
 * of nulls.
 */
export function partitionNumber(
  { unit }: Partitioning,
  file: Pick<DataFile, "partition">,
): number | undefined {
  const text = partitionText(file);
  if (text === undefined) {
    return undefined;
  }
  const [year = 0, month = 1] = text.split("-").map(Number);
  switch (unit) {
    case "year":
      return year - 1970;
    case "month":
      return (year - 1970) * 12 + month - 1;
    case "day":
      return Date.parse(`${text}T00:00:00Z`) / 86_400_000;
  }
}

/**
 * Whether the bounds of a file's partition column are in its partition. Readers skip whole partitions, so rows in the
 * wrong one would be hidden.
 */
export function isInPartition(partitionBy: Partitioning, file: DataFile): boolean {
  const { min, max, nulls = file.rows } = file.columns[partitionBy.column] ?? {};
  const text = partitionText(file);
  if (text === undefined) {
    return min === undefined && max === undefined && nulls === file.rows;
  }
  const length = partitionLength[partitionBy.unit];
  const isInside = [min, max].every(
    (bound) => bound === undefined || bound.slice(0, length) === text,
  );
  return isInside && nulls === 0;
}
