/**
 * Everything that the page shows, as plain data. A server sends it, or a report embeds it.
 *
 * Counts are numbers. Values of records are exact: a decimal, or a whole number that a double can't hold, is a string.
 * Times are ISO 8601 in UTC. Nothing is escaped: the page writes all of it as text.
 */

/** Where the page gets its data: a server, or what a report embeds. */
export interface LakeSource {
  /** Quick: it lists no layer, and reads no records. */
  lake(): Promise<LakeData>;
  /** Lists every layer. */
  flow(): Promise<FlowData>;
  /** Reads quarantine. */
  refusals(): Promise<RefusalsData>;
  quarantine(request: QuarantineRequest): Promise<QuarantinePage>;
  rows(request: RowsRequest): Promise<RowsPage>;
  /** The latest version first. Empty if it is not an open table, or has no version yet. */
  history(table: string): Promise<readonly VersionData[]>;
  /** Live: counts everything again. A report has it only if it was asked for; null otherwise. */
  audit(signal?: AbortSignal): Promise<AuditData | null>;
  /** Live only. Without it, a chart is of the rows that the page has. */
  chart?(request: ChartRequest): Promise<ChartData>;
  /** Live only. Aborting the signal stops the query. */
  query?(sql: string, signal?: AbortSignal): Promise<QueryResult>;
}

/**
 * The paths of a server, below the page's own address. A GET with a request has it as JSON in `?request=`. `query` is a POST of
 * a `QueryRequest` as JSON. An answer that is not 200 is an `ErrorData`.
 */
export const paths = {
  lake: "api/lake",
  flow: "api/flow",
  refusals: "api/refusals",
  quarantine: "api/quarantine",
  rows: "api/rows",
  history: "api/history",
  audit: "api/audit",
  chart: "api/chart",
  query: "api/query",
} as const;

/** The id of the element of a report that holds its `ReportData`: `<script type="application/json" id="…">`. */
export const reportElement = "report";

/** What a report embeds. */
export interface ReportData {
  readonly lake: LakeData;
  readonly flow: FlowData;
  readonly refusals: RefusalsData;
  /** The newest records of each reason, at most `limits.refused` of each. */
  readonly refused: readonly RefusedRecord[];
  /** The first rows of each table and model that a run has made as it is defined now, by name, in the order of its files. */
  readonly rows: Readonly<Record<string, RowsPage>>;
  /** By table. */
  readonly history: Readonly<Record<string, readonly VersionData[]>>;
  /** Null unless the report was written with an audit. */
  readonly audit: AuditData | null;
  readonly limits: { readonly rows: number; readonly refused: number };
}

/** The lake as its contracts, models and latest gold run describe it. */
export interface LakeData {
  /** A directory, or the address of gold. */
  readonly location: string;
  /** The deployed environment; null if it was not named. */
  readonly environment: string | null;
  /** What a user types before a command's name: `npm run -s lakehouse -- --env dev`. */
  readonly commandLine: string;
  /** When this was read. */
  readonly at: string;
  /** Null before the first run. */
  readonly lastRun: RunData | null;
  /** Tables that can't be used, and are in nothing below. */
  readonly mistakes: readonly MistakeData[];
  readonly tables: readonly TableData[];
  /** Children of tables are among them. */
  readonly models: readonly ModelData[];
  readonly lineage: LineageData;
  /** Everything that SQL can name, for completion. */
  readonly relations: readonly RelationData[];
  /** Tables and models that gold still has, but that are no longer defined. */
  readonly retired: readonly { readonly kind: "table" | "model"; readonly name: string }[];
}

/** The latest gold run that committed. */
export interface RunData {
  readonly sequence: number;
  readonly committedAt: string;
  /** Null until everything that it committed is published. */
  readonly finishedAt: string | null;
  /** Silver objects that were new or replaced. */
  readonly newObjects: number;
  readonly currentRows: number;
  readonly published: boolean;
  /** Whether later runs have read a part of what must be published together: a rebuild, for example. */
  readonly unfinished: boolean;
}

/** Why a table can't be used. */
export interface MistakeData {
  /** The table's folder. */
  readonly folder: string;
  readonly message: string;
}

/** A column of a contract or model. */
export interface ColumnData {
  readonly name: string;
  /** As contracts write it: `decimal(18, 2)`. */
  readonly type: string;
  /** What it is good for in charts and sorting. */
  readonly kind: ColumnKind;
  readonly nullable: boolean;
  /** The rules besides type and nullability, in words: `at least 0`. */
  readonly rules: readonly string[];
  readonly description: string;
  /** How its personal data is kept: `hash`, `mask`, …; null if it has none. */
  readonly personal: string | null;
}

/**
 * - `number`: whole numbers, decimals and doubles; as strings if a double can't hold them.
 * - `time`: dates (`2026-11-27`) and timestamps (`2026-11-27T06:00:00Z`, or with a fraction).
 * - `text`: strings.
 * - `boolean`.
 * - `other`: JSON, bytes, lists and structs.
 */
export type ColumnKind = "number" | "time" | "text" | "boolean" | "other";

/** What tables and models have in common: where the rows lie, and who reads them how. */
export interface RowsInGold {
  readonly name: string;
  readonly description: string;
  /** `current`: as defined now; `changed`: with another definition; `new`: no run has made it yet. */
  readonly freshness: "current" | "changed" | "new";
  /** `table`: an open table. */
  readonly format: "table" | "parquet" | "csv";
  readonly rows: number;
  /** The latest version; null if it is not an open table, or no run has made it yet. */
  readonly version: number | null;
  /** The address of its folder. */
  readonly address: string;
  /** The line to paste into each engine. */
  readonly engines: readonly EngineData[];
  readonly expectations: readonly {
    readonly name: string;
    readonly condition: string;
    /** What happens to a record that breaks it. */
    readonly consequence: string;
  }[];
  readonly checks: readonly CheckData[];
}

/** An engine, with its line or the reason why there is none. */
export interface EngineData {
  /** `duckdb` */
  readonly name: string;
  /** `DuckDB` */
  readonly title: string;
  readonly line: string | null;
  readonly missing: string | null;
}

/**
 * A check, and its last result:
 *
 * - `passed`: gold holds only what passed it.
 * - `failed`: the latest run ended there. Gold holds the rows from before.
 * - `not run`: no run has built the model as it is defined now.
 */
export interface CheckData {
  readonly name: string;
  readonly result: "passed" | "failed" | "not run";
  /** When the run failed, or when the latest run committed, since which it holds; null if it was not run. */
  readonly at: string | null;
  /** The number of failing rows, if it failed. */
  readonly failing: number | null;
}

/** A contract as a data dictionary. Its rows in gold are its current rows. */
export interface TableData extends RowsInGold {
  readonly columns: readonly ColumnData[];
  readonly primaryKey: readonly string[];
  /** `month(order_date)`; null if it has one partition. */
  readonly partitionBy: string | null;
  readonly orderBy: readonly string[];
  readonly deleteWhen: string | null;
  readonly keysNeverMove: boolean;
  readonly unknownColumns: string;
  /** The part of a value with the records; null if each value is a record. */
  readonly unwrap: string | null;
  /** What objects hold: `JSON`, or `CSV` with its options. */
  readonly source: string;
  /** The addresses of its other layers. That of bronze is null in a report of the gold function, which can't read it. */
  readonly bronze: string | null;
  readonly silver: string;
  readonly quarantine: string;
}

/** A model. */
export interface ModelData extends RowsInGold {
  readonly columns: readonly ColumnData[];
  /** `full`, `full, by Athena`, or `incremental by orders`. */
  readonly materialization: string;
  /** The query of Athena that built it; null if DuckDB did. */
  readonly athena: AthenaBuildData | null;
  /** The table whose child it is; null if a model's author wrote it. */
  readonly childOf: string | null;
  /** The columns of a child that identify a row; empty for other models. */
  readonly primaryKey: readonly string[];
  readonly sql: string;
}

/** The query of Athena that built a model. */
export interface AthenaBuildData {
  /** Its id. */
  readonly query: string;
  readonly bytesScanned: number;
  /** What it cost in US dollars, at AWS's list price. */
  readonly usd: number;
  readonly milliseconds: number;
  /** When a run took its rows. */
  readonly at: string;
}

/** Tables and models as a graph. Names are those of SQL, and `bronze_<table>`, which SQL can't name. */
export interface LineageData {
  readonly nodes: readonly NodeData[];
  readonly edges: readonly EdgeData[];
}

/** A node. `table` is the table that a layer belongs to; null for models. */
export interface NodeData {
  readonly name: string;
  readonly kind: "bronze" | "silver" | "quarantine" | "table" | "model";
  readonly table: string | null;
}

/** What `to` reads: rows that become its rows, or rows that only its checks compare with. */
export interface EdgeData {
  readonly from: string;
  readonly to: string;
  readonly kind: "rows" | "check";
}

/** Something that SQL can name. */
export interface RelationData {
  readonly name: string;
  readonly kind: "silver" | "quarantine" | "table" | "model";
  readonly columns: readonly { readonly name: string; readonly type: string }[];
}

/** What each layer holds, how fresh it is, and what waits. */
export interface FlowData {
  readonly at: string;
  /** For each table bronze, silver and quarantine, then gold for each model. */
  readonly layers: readonly LayerData[];
  /** Bronze objects that are not processed yet; null in a report of the gold function, which also lacks the layer bronze. */
  readonly backlog: number | null;
  /** Tables whose silver is in part made by an older contract, with the command that renews it. */
  readonly outdated: readonly {
    readonly table: string;
    readonly objects: number;
    readonly command: string;
  }[];
  /** Tables that have bronze objects but no contract. */
  readonly unknown: readonly { readonly name: string; readonly objects: number }[];
}

/** A table's or model's part of a layer. */
export interface LayerData {
  readonly layer: "bronze" | "silver" | "quarantine" | "gold";
  /** The table or model. */
  readonly name: string;
  readonly objects: number;
  readonly bytes: number;
  /** Of gold only; null otherwise. */
  readonly rows: number | null;
  /** When the newest object was written; null if there is no object. */
  readonly newest: string | null;
  /** Bronze only: objects that are not processed yet; null otherwise. */
  readonly backlog: number | null;
}

/** How many records were refused, why and when. */
export interface RefusalsData {
  /** A record with several reasons counts once. */
  readonly records: number;
  readonly tables: readonly {
    readonly table: string;
    readonly records: number;
    readonly days: readonly DayData[];
  }[];
  /** A record with several reasons counts for each. The most frequent first. */
  readonly reasons: readonly ReasonData[];
}

/** A reason for which records of a table were refused. */
export interface ReasonData {
  readonly table: string;
  /** Null if the whole record is at fault. */
  readonly column: string | null;
  readonly rule: string;
  readonly records: number;
  readonly days: readonly DayData[];
}

/** Records that arrived on a day. Days without any are left out; earlier days first. */
export interface DayData {
  /** In UTC: `2026-11-27`. */
  readonly day: string;
  readonly records: number;
}

/** Which refused records to return, newest object first. Absent parts select all. */
export interface QuarantineRequest {
  readonly table: string;
  /** Null for reasons that concern the whole record. */
  readonly column?: string | null;
  readonly rule?: string;
  readonly day?: string;
  readonly offset: number;
  /** At most 200. */
  readonly limit: number;
}

/** A part of the refused records. */
export interface QuarantinePage {
  /** The number of all entries that were asked for. */
  readonly total: number;
  readonly records: readonly RefusedRecord[];
}

/** A refused record, or several of one envelope that broke the same rules. */
export interface RefusedRecord {
  readonly table: string;
  /** `object`: the object's damage, not a record. */
  readonly kind: "record" | "object";
  /** The day of arrival. */
  readonly day: string;
  /** The bronze object that it came in. */
  readonly object: string;
  /** The line of the decompressed object that it starts on, from 1. */
  readonly line: number;
  /** The byte of the decompressed object that it starts at, from 0. */
  readonly byteOffset: number;
  /** Its number in its envelope, from 1; null if it was in none. */
  readonly recordNumber: number | null;
  readonly records: number;
  readonly reasons: readonly {
    readonly column: string | null;
    readonly rule: string;
    readonly message: string;
  }[];
  /** The bytes as they arrived, or their beginning: as text if they are UTF-8, otherwise in base64. */
  readonly raw: string;
  readonly encoding: "utf-8" | "base64";
  /** The length of all of `raw` if only its beginning is here; null if it is whole. */
  readonly rawLength: number | null;
}

/** Which rows to return. Column names are those of the relation. */
export interface RowsRequest {
  /** A name of `relations`. */
  readonly relation: string;
  /** Absent or empty: the order in which the relation has them. */
  readonly sort?: readonly SortData[];
  /** A row must pass all of them. */
  readonly filters?: readonly FilterData[];
  readonly offset: number;
  /** At most 1,000. */
  readonly limit: number;
}

/** One column to sort by. Nulls are last. */
export interface SortData {
  readonly column: string;
  readonly descending: boolean;
}

/** A condition. `contains` ignores case, and compares the value as text. */
export type FilterData =
  | {
      readonly column: string;
      readonly operator: "=" | "<>" | "<" | "<=" | ">" | ">=" | "contains";
      /** As a person types it; it is read as a value of the column's type. */
      readonly value: string;
    }
  | { readonly column: string; readonly operator: "is null" | "is not null" };

/** A value of a record. */
export type Value =
  | null
  | boolean
  | number
  | string
  | readonly Value[]
  | { readonly [name: string]: Value };

/** A column of a result. */
export interface ResultColumnData {
  readonly name: string;
  /** As the engine writes it: `DECIMAL(18,2)`. */
  readonly type: string;
  readonly kind: ColumnKind;
}

/** A part of a relation's rows. */
export interface RowsPage {
  readonly columns: readonly ResultColumnData[];
  readonly rows: readonly (readonly Value[])[];
  /** The number of rows that pass the filters. */
  readonly total: number;
  /** Changes when another run has replaced the rows, so that pages no longer fit together. */
  readonly state: string;
}

/** What to draw. */
export interface ChartRequest {
  readonly relation: string;
  readonly filters?: readonly FilterData[];
  /** Time: in steps; number: in ranges; anything else: the most frequent values. */
  readonly x: string;
  /** A column of numbers; absent for the number of rows. */
  readonly y?: string;
  /** Default: `sum`. */
  readonly aggregate?: "sum" | "mean" | "min" | "max";
}

/** Points of a chart, in the order of x; categories by y, the largest first. */
export interface ChartData {
  readonly mark: "line" | "bar" | "histogram";
  /** The size of a step or range: `month`, `0.5`; null for categories. */
  readonly step: string | null;
  readonly points: readonly ChartPoint[];
  /** The number of rows, or of categories, that the points leave out: nulls and rare values. */
  readonly others: number;
}

/** A point. For drawing only: its numbers are doubles. */
export interface ChartPoint {
  /** The beginning of the step or range, or the value as text. */
  readonly x: string | number;
  readonly y: number;
}

/** A version of a table, and what it changed. A row that was replaced is in `rowsIn` and in `rowsOut`. */
export interface VersionData {
  readonly version: number;
  readonly at: string;
  /** The number of the gold run. */
  readonly run: number;
  /** `append`: it only added rows; `overwrite`: it replaced or removed some; `replace`: the same rows in other files. */
  readonly operation: "append" | "overwrite" | "replace";
  readonly rowsIn: number;
  readonly rowsOut: number;
  /** Of the whole table, as `files` and `bytes`. */
  readonly rows: number;
  readonly filesIn: number;
  readonly filesOut: number;
  readonly files: number;
  readonly bytesIn: number;
  readonly bytes: number;
  /** Columns that it added, removed or changed the type of, by comparison with the version before it, if that is kept. */
  readonly columnsIn: readonly string[];
  readonly columnsOut: readonly string[];
}

/** What an audit counted, and what it found. */
export interface AuditData {
  readonly at: string;
  readonly seconds: number;
  readonly ok: boolean;
  readonly objects: number;
  readonly records: number;
  readonly rows: number;
  readonly quarantined: number;
  readonly dropped: number;
  /** Records that were removed on request. */
  readonly forgotten: number;
  readonly currentRows: number;
  /** Whether published objects were read, too. Otherwise their sizes and etags were compared. */
  readonly content: boolean;
  readonly problems: readonly {
    readonly kind: string;
    /** The key, table or model in question. */
    readonly object: string;
    readonly message: string;
    readonly hint: string | null;
  }[];
}

/** The body of a query. */
export interface QueryRequest {
  readonly sql: string;
}

/** The rows of a query, at most `limit`. */
export interface QueryResult {
  readonly columns: readonly ResultColumnData[];
  readonly rows: readonly (readonly Value[])[];
  /** Whether there are more rows than these. */
  readonly isCut: boolean;
  readonly limit: number;
  readonly milliseconds: number;
}

/** Why there is no answer. */
export interface ErrorData {
  readonly message: string;
  /** What to do next; null if nothing can be said. */
  readonly hint: string | null;
  /** Where the SQL is wrong, from 1; null if that is not known. */
  readonly line: number | null;
  readonly column: number | null;
}
