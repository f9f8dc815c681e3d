/** The actions of a Delta log: protocol (1, 2), which every reader knows. */
import { application } from "../application.ts";
import type { RemovedFile } from "../history.ts";
import type { Step, TableFile } from "../open-table-format.ts";
import { partitionText } from "../partition-value.ts";
import { partitionKeyOf, type TableSchema } from "../table-schema.ts";
import type { MetaData } from "./schema.ts";
import { statisticsOf } from "./statistics.ts";

/** Values of partition columns, as text. */
type PartitionValues = Readonly<Record<string, string | null>>;

export interface Add {
  readonly path: string;
  readonly partitionValues: PartitionValues;
  readonly size: number;
  readonly modificationTime: number;
  readonly dataChange: boolean;
  readonly stats: string;
}

export interface Remove {
  readonly path: string;
  readonly deletionTimestamp: number;
  readonly dataChange: boolean;
}

export interface Transaction {
  readonly appId: string;
  readonly version: number;
  readonly lastUpdated: number;
}

export const protocol = { minReaderVersion: 1, minWriterVersion: 2 } as const;

/** One action. A line of a log entry and a row of a checkpoint hold one each. */
export type Action =
  | { readonly commitInfo: Readonly<Record<string, unknown>> }
  | { readonly protocol: typeof protocol }
  | { readonly metaData: MetaData }
  | { readonly txn: Transaction }
  | { readonly add: Add }
  | { readonly remove: Remove };

export function addOf(schema: TableSchema, file: TableFile, dataChange: boolean): Add {
  return {
    path: encodedPath(file.path),
    partitionValues: partitionValues(schema, file),
    size: file.bytes,
    modificationTime: file.added.at,
    dataChange,
    stats: statisticsOf(schema.columns, file),
  };
}

export function removeOf(file: RemovedFile, dataChange: boolean): Remove {
  return {
    path: encodedPath(file.path),
    deletionTimestamp: file.removed.at,
    dataChange,
  };
}

export function transactionOf({ version }: Step): Transaction {
  return { appId: application, version: version.run, lastUpdated: version.at };
}

function partitionValues(schema: TableSchema, file: Pick<TableFile, "partition">): PartitionValues {
  const key = partitionKeyOf(schema);
  return key === undefined ? {} : { [key]: partitionText(file) ?? null };
}

/** Paths in a log are parts of URIs. */
function encodedPath(path: string): string {
  return path
    .split("/")
    .map((part) => encodeURIComponent(part).replaceAll("%3D", "="))
    .join("/");
}
