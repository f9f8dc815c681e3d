/** The cost table as Markdown, for README.md and docs/costs.md. */
import { markdownTable } from "markdown-table";
import type { Environment } from "../environment.ts";
import { monthlyCost, runSeconds, type Volume } from "./monthly-cost.ts";

/** Bytes of a record in the tables. */
export const recordBytes = 1_000;
/** How many records a producer joins into one Firehose record: just under 5 KB. */
export const joinedRecords = 5;
/** How many tables the repository comes with. */
export const tableCount = 2;
const gigabytesPerDay = [0, 1, 10, 100];
const scaleGigabytes = [1, 100, 1_000];
/** Seconds that silver waits in the scale table before it starts gold. */
const startSeconds = 60;

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

/** A row for each volume, in US dollars a month with joined records: by the schedule only, and with gold started by silver. */
export function scaleTable(environment: Environment): string {
  const silverGold = { ...environment.silverGold, startBySilver: { afterSeconds: startSeconds } };
  const rows = scaleGigabytes.map((gigabytes) => {
    const volume: Volume = {
      recordsPerDay: (gigabytes * 1e9) / recordBytes,
      bytesPerRecord: recordBytes,
      recordsPerFirehoseRecord: joinedRecords,
    };
    const { firehose, lambda, s3, total } = monthlyCost(environment, tableCount, volume);
    const started = monthlyCost({ ...environment, silverGold }, tableCount, volume);
    return [
      gigabytes < 1_000 ? `${gigabytes} GB` : `${gigabytes / 1_000} TB`,
      Math.ceil(runSeconds(environment.silverGold, volume)).toLocaleString("en-US"),
      ...[firehose, lambda, s3, total, started.lambda, started.s3, started.total].map(dollars),
    ];
  });
  const header = [
    "a day",
    "a gold run, s",
    "Firehose",
    "Lambda",
    "S3",
    "all",
    `Lambda, silver starts gold after ${startSeconds} s`,
    "S3, the same",
    "all, the same",
  ];
  return markdownTable([header, ...rows], { align: header.map((_, i) => (i === 0 ? "l" : "r")) });
}

function dollars(value: number): string {
  return value < 100 ? value.toFixed(2) : Math.round(value).toLocaleString("en-US");
}
