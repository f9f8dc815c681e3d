/** The live lake behind the page: answers each of its questions, and remembers what stays true. */
import { hash } from "node:crypto";
import { join } from "node:path";
import { relationsOf } from "@lakehouse/lake/relations";
import type {
  AuditData,
  ChartData,
  ChartRequest,
  FlowData,
  LakeData,
  LakeSource,
  QuarantinePage,
  QuarantineRequest,
  QueryResult,
  RefusalsData,
  ResultColumnData,
  RowsPage,
  RowsRequest,
  Value,
  VersionData,
} from "@lakehouse/page/data";
import { kindOfResult } from "@lakehouse/silver-gold/column-kind";
import { EngineError, type ResultStream } from "@lakehouse/silver-gold/engine";
import { failedChecksKey } from "@lakehouse/silver-gold/failed-checks";
import { historyData } from "@lakehouse/silver-gold/history-data";
import { lakeData } from "@lakehouse/silver-gold/lake-data";
import { primaryKeyOf } from "@lakehouse/silver-gold/primary-key";
import { Refusals } from "@lakehouse/silver-gold/refusals";
import { RelationRows } from "@lakehouse/silver-gold/rows";
import { runRecordKey } from "@lakehouse/silver-gold/state-keys";
import type { Context } from "../../context.ts";
import { QueryError, unknownName } from "../../errors.ts";
import { removeCopy } from "../../local-copies.ts";
import { noProgress } from "../../output/progress.ts";
import { auditData, flowData, pageLakeOf } from "../../page-lake.ts";
import { viewsWithState } from "../../sql/relations.ts";
import { queryRows } from "../query/query.ts";

/** How much one answer may take. */
export interface LiveLimits {
  readonly seconds: number;
  /** Rows of a query. */
  readonly rows: number;
  /** About the length of a query's answer. */
  readonly characters: number;
}

export const defaultLimits: LiveLimits = { seconds: 30, rows: 10_000, characters: 16_000_000 };

const rawLength = 65_536;
/** Relations whose files stay open. */
const openRelations = 4;

/** An open relation. */
interface Opened {
  /** What was compared to find out that nothing has changed. */
  readonly token: string;
  readonly rows: Promise<RelationRows>;
  readonly files: readonly string[];
  readonly controller: AbortController;
  /** The number of requests that read it. */
  users: number;
  /** Whether the next request may use it. */
  isOpen: boolean;
}

/** Answers the page's questions about a lake. Dispose of it to close the files that it reads. */
export class LiveLake
  implements Required<Pick<LakeSource, "lake" | "flow" | "refusals" | "history">>, Disposable
{
  readonly #context: Context;
  readonly #limits: LiveLimits;
  readonly #refusals: Refusals;
  readonly #opened = new Map<string, Opened>();
  /** By name, the end of what opens it: a relation is opened once, however many requests need it at the same time. */
  readonly #opening = new Map<string, Promise<Opened>>();
  #lake: { readonly token: string; readonly data: Promise<LakeData> } | undefined;
  /** The end of the query that runs: there is one at a time. */
  #lastQuery: Promise<unknown> = Promise.resolve();

  constructor(context: Context, limits: LiveLimits = defaultLimits) {
    this.#context = { ...context, lake: context.lake, progress: noProgress };
    this.#limits = limits;
    this.#refusals = new Refusals(context.lake.silver, context.passOver);
  }

  [Symbol.dispose](): void {
    for (const name of [...this.#opened.keys()]) {
      this.#close(name);
    }
  }

  async lake(): Promise<LakeData> {
    const { gold } = this.#context.lake;
    const failed = (await gold.head(failedChecksKey))?.etag ?? "";
    const token = `${await this.#goldToken()} ${failed}`;
    const now = new Date();
    if (this.#lake?.token !== token) {
      this.#lake = { token, data: lakeData(pageLakeOf(this.#context), now) };
    }
    try {
      return { ...(await this.#lake.data), at: now.toISOString() };
    } catch (error) {
      this.#lake = undefined;
      throw error;
    }
  }

  async flow(): Promise<FlowData> {
    return await flowData(this.#context, new Date());
  }

  async refusals(signal?: AbortSignal): Promise<RefusalsData> {
    const tables = this.#context.catalog.tables.map(({ name }) => name);
    return await this.#refusals.count(tables, signal);
  }

  async quarantine(request: QuarantineRequest, signal?: AbortSignal): Promise<QuarantinePage> {
    const { tables } = this.#context.catalog;
    if (!tables.some(({ name }) => name === request.table)) {
      throw unknownName("table", request.table, tables);
    }
    return await this.#refusals.page(request, { rawLength }, signal);
  }

  async history(table: string): Promise<readonly VersionData[]> {
    return await historyData(this.#context.lake.gold, table);
  }

  async audit(signal?: AbortSignal): Promise<AuditData> {
    return await auditData(this.#stoppedBy(signal), () => new Date());
  }

  async rows(request: RowsRequest, signal?: AbortSignal): Promise<RowsPage> {
    return await this.#reading(request.relation, signal, (rows) => rows.page(request));
  }

  async chart(request: ChartRequest, signal?: AbortSignal): Promise<ChartData> {
    return await this.#reading(request.relation, signal, (rows) => rows.chart(request));
  }

  /** Runs a query as `lakehouse query` does, up to the limits. @throws QueryError, UsageError, DataError */
  async query(sql: string, signal?: AbortSignal): Promise<QueryResult> {
    const previous = this.#lastQuery;
    const run = async (): Promise<QueryResult> => {
      await previous.catch(() => {});
      signal?.throwIfAborted();
      return await this.#query(sql, signal);
    };
    const result = run();
    this.#lastQuery = result;
    return await result;
  }

  async #query(sql: string, signal: AbortSignal | undefined): Promise<QueryResult> {
    const start = performance.now();
    const timeout = AbortSignal.timeout(this.#limits.seconds * 1_000);
    const context = this.#stoppedBy(signal, timeout);
    const limits = this.#limits;
    try {
      const [part] = await Array.fromAsync(
        queryRows(context, { sql }, undefined, async function* (result) {
          yield await firstRows(result, limits);
        }),
      );
      const { columns, rows, isCut } = part ?? { columns: [], rows: [], isCut: false };
      const milliseconds = Math.round(performance.now() - start);
      return { columns, rows, isCut, limit: limits.rows, milliseconds };
    } catch (error) {
      throw timeout.aborted && error === timeout.reason ? tooLong(limits.seconds) : error;
    }
  }

  /** Reads an open relation. If that takes too long, it is stopped. */
  async #reading<T>(
    name: string,
    signal: AbortSignal | undefined,
    read: (rows: RelationRows) => Promise<T>,
  ): Promise<T> {
    const opened = await this.#use(name);
    const stop = setTimeout(() => {
      opened.controller.abort(tooLong(this.#limits.seconds));
      this.#close(name, opened);
    }, this.#limits.seconds * 1_000);
    try {
      const rows = await opened.rows;
      signal?.throwIfAborted();
      return await read(rows);
    } catch (error) {
      opened.controller.signal.throwIfAborted();
      throw error instanceof EngineError ? new QueryError(error.message, { cause: error }) : error;
    } finally {
      clearTimeout(stop);
      opened.users -= 1;
      this.#disposeUnused(opened);
    }
  }

  /** Opens a relation, or returns it as it is open if its rows have not changed. It stays open until its last user is done. */
  async #use(name: string): Promise<Opened> {
    const before = this.#opening.get(name) ?? Promise.resolve();
    const open = async (): Promise<Opened> => {
      const opened = await this.#open(name);
      opened.users += 1;
      return opened;
    };
    const opening = before.then(open, open);
    this.#opening.set(name, opening);
    return await opening;
  }

  async #open(name: string): Promise<Opened> {
    const relations = relationsOf(this.#context.catalog);
    const relation = relations.find((each) => each.name === name);
    if (relation === undefined) {
      throw unknownName("table or model", name, relations);
    }
    const { silver } = this.#context.lake;
    const token =
      relation.layer === "gold"
        ? await this.#goldToken()
        : await digest(silver.list(relation.prefix, this.#context.passOver));
    const known = this.#opened.get(name);
    if (known?.token === token) {
      // The last one used is the last one to be closed.
      this.#opened.delete(name);
      this.#opened.set(name, known);
      return known;
    }
    const { views, state } = await viewsWithState(this.#context, new Set([name]));
    const view = views.get(name);
    if (view === undefined) {
      throw new TypeError(`${name} has no view.`);
    }
    const shown = relation.layer === "gold" ? hash("sha256", state) : token;
    const controller = new AbortController();
    const opened: Opened = {
      token,
      files: view.files,
      controller,
      rows: RelationRows.open(
        { name, view, primaryKey: primaryKeyOf(relation), state: shown },
        join(this.#context.scratch, "rows"),
        { signal: controller.signal },
      ),
      users: 0,
      isOpen: true,
    };
    this.#close(name);
    this.#opened.set(name, opened);
    const [oldest] = this.#opened.keys();
    if (this.#opened.size > openRelations && oldest !== undefined) {
      this.#close(oldest);
    }
    return opened;
  }

  /** Closes a relation as soon as nothing reads it. */
  #close(name: string, only: Opened | undefined = this.#opened.get(name)): void {
    if (only !== undefined && this.#opened.get(name) === only) {
      this.#opened.delete(name);
      only.isOpen = false;
      this.#disposeUnused(only);
    }
  }

  #disposeUnused(opened: Opened): void {
    if (opened.isOpen || opened.users > 0) {
      return;
    }
    const { scratch } = this.#context;
    void opened.rows
      .then((rows) => rows.close())
      .catch(() => {})
      .then(() => Promise.all(opened.files.map((path) => removeCopy(path, scratch))));
  }

  async #goldToken(): Promise<string> {
    return (await this.#context.lake.gold.head(runRecordKey))?.etag ?? "";
  }

  #stoppedBy(...signals: readonly (AbortSignal | undefined)[]): Context {
    const all = [this.#context.signal, ...signals].filter((each) => each !== undefined);
    return { ...this.#context, signal: AbortSignal.any(all) };
  }
}

function tooLong(seconds: number): QueryError {
  return new QueryError(
    `It was stopped after ${seconds} seconds. Read less of it, or run it with lakehouse query, which has no limit.`,
  );
}

/** The first rows of a result, up to the limits. */
async function firstRows(
  { columns, batches }: ResultStream,
  limits: LiveLimits,
): Promise<Pick<QueryResult, "columns" | "rows" | "isCut">> {
  const rows: (readonly Value[])[] = [];
  const described: readonly ResultColumnData[] = columns.map(({ name, type }) => ({
    name,
    type,
    kind: kindOfResult(type),
  }));
  let characters = 0;
  for await (const batch of batches) {
    for (const row of batch) {
      if (rows.length >= limits.rows || characters >= limits.characters) {
        return { columns: described, rows, isCut: true };
      }
      characters += JSON.stringify(row).length;
      rows.push(row);
    }
  }
  return { columns: described, rows, isCut: false };
}

/** Changes when an object comes, goes or changes. */
async function digest(
  objects: AsyncIterable<{ readonly key: string; readonly etag: string }>,
): Promise<string> {
  const found = await Array.fromAsync(objects, ({ key, etag }) => [key, etag]);
  return hash("sha256", JSON.stringify(found));
}
