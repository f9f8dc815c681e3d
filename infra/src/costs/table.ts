/** The cost table as Markdown, for README.md and docs/costs.md. */
import { markdownTable } from "markdown-table";
import type { Environment } from "../environment.ts";
import { monthlyCost, type Volume } from "./monthly-cost.ts";

/** Bytes of a record in the tables. */
export const recordBytes = 1_000;
/** How many records a producer joins into one Firehose record: just under 5 KB. */
export const joinedRecords = 5;
/** How many tables the repository comes with. */
export const tableCount = 2;
const gigabytesPerDay = [0, 1, 10, 100];

/** A row for each volume, in US dollars a month. */
export function costTable(environment: Environment): string {
  const rows = gigabytesPerDay.map((gigabytes) => {
    const volume: Volume = {
      recordsPerDay: (gigabytes * 1e9) / recordBytes,
      bytesPerRecord: recordBytes,
      recordsPerFirehoseRecord: 1,
    };
    const { firehose, lambda, s3, monitoring, other, total } = monthlyCost(
      environment,
      tableCount,
      volume,
    );
    const joined = monthlyCost(environment, tableCount, {
      ...volume,
      recordsPerFirehoseRecord: joinedRecords,
    });
    return [
      gigabytes === 0 ? "nothing" : `${gigabytes} GB`,
      ...[firehose, lambda, s3, monitoring, other, total].map(dollars),
      `**${dollars(joined.total)}**`,
    ];
  });
  const header = [
    "a day",
    "Firehose",
    "Lambda",
    "S3",
    "monitoring",
    "other",
    "all",
    `all, ${joinedRecords} records joined`,
  ];
  return markdownTable([header, ...rows], { align: header.map((_, i) => (i === 0 ? "l" : "r")) });
}

function dollars(value: number): string {
  return value < 100 ? value.toFixed(2) : Math.round(value).toLocaleString("en-US");
}
