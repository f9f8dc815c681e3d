/** How current rows and incremental models are divided: by the day, month or year of one column. */

/** The period of one partition. */
export type PartitionUnit = "day" | "month" | "year";

/** A partitioning by a date or timestamp column (UTC). */
export interface Partitioning<C extends string = string> {
  readonly unit: PartitionUnit;
  readonly column: C;
}

/** One partition for each day, in UTC. */
export const day = <C extends string>(column: C): Partitioning<C> => ({ unit: "day", column });
/** One partition for each month, in UTC. */
export const month = <C extends string>(column: C): Partitioning<C> => ({ unit: "month", column });
/** One partition for each year, in UTC. */
export const year = <C extends string>(column: C): Partitioning<C> => ({ unit: "year", column });

/** How many characters of an ISO date name the partition: `2024-01-05`, `2024-01`, `2024`. */
export const partitionLength: Readonly<Record<PartitionUnit, number>> = {
  day: 10,
  month: 7,
  year: 4,
};

/** The name of the partition key in paths: `order_date_month`. */
export function partitionKeyName(partitioning: Partitioning): string {
  return `${partitioning.column}_${partitioning.unit}`;
}
