/** Describes the lakes of the gold benchmark. */

/** The days of new orders. `late` ones are orders of the history again, from all over it. */
export type Spread = "recent" | "scattered" | "late";

/** What identifies an order: numbers that grow, or random strings. */
export type OrderKeys = "numbers" | "strings";

/** The time of a partition. */
export type PartitionUnit = "day" | "month";

/** How many of the history's last days count as recent. */
export const recentDays = 3;

/** Customers of all orders. */
export const customers = 200;

/** What to write. */
export interface FilesOrder {
  readonly lake: string;
  /** Orders of the history. */
  readonly history: number;
  /** Days of the history, from 1 January 2024. */
  readonly days: number;
  readonly ordersPerFile: number;
  /** Orders of one additional file. */
  readonly newOrders: number;
  /** Tells the new files apart. */
  readonly newFile: number;
  readonly spread: Spread;
  readonly keys?: OrderKeys;
}

/** What to run. */
export interface RunOrder {
  readonly lake: string;
  /** The folder of gold. Default: that of the lake. */
  readonly gold?: string;
  readonly scratch: string;
  readonly rebuild: boolean;
  /** What a partition of orders holds. */
  readonly unit: PartitionUnit;
  readonly keys?: OrderKeys;
  /** Whether to count the calls of both stores, which then have addresses like buckets. */
  readonly isCounted: boolean;
  /** Whether to measure its steps. Default: no. */
  readonly isProfiled?: boolean;
  /** Runs as in a function with this memory, in MiB, that has a quarter of an hour. */
  readonly memoryMib?: number;
  /** Copies silver into packs after this number of days. Default: never. */
  readonly packAfterDays?: number;
  /** How many worker processes do tasks. Default: the run has none. */
  readonly workers?: number;
  /** About how many MiB of silver a task reads. */
  readonly taskMib?: number;
  /** The version of a model with many columns. Default: there is none. */
  readonly wide?: number;
}

/** What a worker process needs to do tasks of a run. */
export interface TaskWorkerOrder
  extends Required<Pick<RunOrder, "lake" | "gold" | "scratch" | "unit" | "keys">> {
  readonly wide: number | undefined;
  /** How many such processes there are. */
  readonly workers: number;
}

/** A history that is measured beside peers. */
export interface PeerCase {
  readonly orders: number;
  readonly unit: PartitionUnit;
}

/** A history in one month. */
export interface MonthCase {
  readonly orders: number;
  readonly ordersPerFile: number;
  /** The number of orders that arrive again, and of new ones. */
  readonly late: number;
  readonly keys: OrderKeys;
}

/** One statement of DuckDB on data files of orders. */
export interface StatementOrder {
  /** The data files. */
  readonly files: readonly string[];
  /** A silver file to merge into their rows. Undefined to copy each file. */
  readonly silver: string | undefined;
  /** The folder to write to. It is removed afterwards. */
  readonly target: string;
}

/** What a peer makes gold of. */
export interface PeerOrder {
  readonly lake: string;
  /** The folder of its gold. If it is not there, this is its first run. */
  readonly target: string;
  readonly unit: PartitionUnit;
  /** Patterns of the new silver files; empty for all. */
  readonly files: readonly string[];
}

/** Files of a script of which to measure what a gold run adds. */
export interface BoundOrder {
  /** The script's folder. */
  readonly target: string;
  /** The folder of a store. */
  readonly store: string;
  /** The folder of silver, and patterns of the new files in it; empty for all. */
  readonly silver: string;
  readonly files: readonly string[];
  /** Files that are older were written by an earlier run. In milliseconds. */
  readonly since: number;
}

/** The kinds of calls to S3. */
export const callKinds = ["LIST", "HEAD", "GET", "PUT", "DELETE"] as const;

/** A kind of call. */
export type CallKind = (typeof callKinds)[number];

/** What a gold run puts, and the keys of such objects. The first that fits counts. */
export const putKinds: readonly (readonly [kind: string, pattern: RegExp])[] = [
  ["state and outputs before they are published", /^_state\//],
  ["logs and metadata of open tables", /\/(?:_delta_log|metadata)\//],
  ["data files", /\.parquet$/],
  ["outputs of CSV models", /\.csv$/],
];

/** A run on simulated silver. */
export interface ManyObjectsOrder {
  readonly lake: string;
  readonly scratch: string;
  readonly objects: number;
  readonly days: number;
  /** The last day of silver, `yyyy-MM-dd`. */
  readonly today: string;
  /** The run starts this many days later, at noon. */
  readonly inDays: number;
  /** Objects of today besides. */
  readonly newObjects: number;
  /** How many of the first objects were written again with other content. */
  readonly replaced: number;
}

/** A lake whose manifest says that very many simulated objects are in gold. Only the first of them were read. */
export interface ManifestOrder
  extends Omit<ManyObjectsOrder, "inDays" | "newObjects" | "replaced"> {
  readonly readObjects: number;
}
