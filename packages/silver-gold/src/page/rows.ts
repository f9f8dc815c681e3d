/** A part of a relation's rows, sorted and filtered in the engine. */
import type { ChartData, ChartRequest, RowsPage, RowsRequest } from "@lakehouse/page/data";
import type { Engine, FileView, JsonValue, Session, SilverView } from "../engine/engine.ts";
import { openEngine } from "../engine/open-engine.ts";
import { chartData } from "./chart.ts";
import { kindOfResult } from "./column-kind.ts";
import { fromSql, orderSql, type SelectedRelation } from "./rows-sql.ts";

/** A relation over local files. */
export interface OpenedRelation {
  readonly name: string;
  readonly view: FileView | SilverView;
  /** The columns that no two rows have in common; empty if that is not known. */
  readonly primaryKey: readonly string[];
  /** Changes when the rows do. */
  readonly state: string;
}

const keptRows = "__page_rows";
/** The most memory that a relation's engine uses, in MiB. It spills the rest. */
const liveMemoryMib = 1_024;

/** How to open a relation. */
export interface RowsOptions {
  readonly memoryLimitMib?: number;
  /** Ends what runs, and all that comes later. */
  readonly signal?: AbortSignal;
}

/**
 * Reads the rows of one relation. What is sorted, filtered or has to be parsed is kept after the first page, so that later ones take
 * milliseconds, however many rows there are. Dispose of it to close it.
 */
export class RelationRows implements Disposable {
  readonly #engine: Engine;
  readonly #session: Session;
  readonly #relation: SelectedRelation;
  readonly #state: string;
  readonly #isParquet: boolean;
  /** The selection whose rows are kept, and how many they are. */
  #kept: string | undefined;
  readonly #totals = new Map<string, number>();
  /** The end of what runs: a session does one thing at a time. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(
    engine: Engine,
    session: Session,
    relation: SelectedRelation,
    { state, view }: OpenedRelation,
  ) {
    this.#engine = engine;
    this.#session = session;
    this.#relation = relation;
    this.#state = state;
    this.#isParquet = view.kind === "files" && view.format === "parquet";
  }

  /** @param directory A folder for the engine. */
  static async open(
    opened: OpenedRelation,
    directory: string,
    { memoryLimitMib = liveMemoryMib, signal }: RowsOptions = {},
  ): Promise<RelationRows> {
    const { name, view, primaryKey } = opened;
    const { files } = view;
    const engine = await openEngine({
      directory,
      files,
      memoryLimitMib,
      ...(signal && { signal }),
    });
    try {
      const session = await engine.session();
      await session.define(name, view);
      const columns = await session.describe(fromSql({ name, columns: [], primaryKey: [] }));
      return new RelationRows(engine, session, { name, columns, primaryKey }, opened);
    } catch (error) {
      engine[Symbol.dispose]();
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#session[Symbol.dispose]();
    this.#engine[Symbol.dispose]();
  }

  /** Disposes of it once nothing runs. */
  async close(): Promise<void> {
    await this.#last.catch(() => {});
    this[Symbol.dispose]();
  }

  get state(): string {
    return this.#state;
  }

  /** @throws UnknownColumnError, EngineError */
  async page(request: RowsRequest): Promise<RowsPage> {
    return await this.#inTurn(() => this.#page(request));
  }

  /** @throws UnknownColumnError, EngineError */
  async chart(request: ChartRequest): Promise<ChartData> {
    return await this.#inTurn(() => chartData(this.#session, this.#relation, request));
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work, work);
    this.#last = result;
    return await result;
  }

  async #page({ sort, filters, offset, limit }: RowsRequest): Promise<RowsPage> {
    const { columns } = this.#relation;
    const from = fromSql(this.#relation, filters);
    const selection = `${from}${orderSql(this.#relation, sort)}`;
    const isSimple = this.#isParquet && selection === fromSql(this.#relation);
    if (offset > 0 && !isSimple && this.#kept !== selection) {
      await this.#session.keep(keptRows, selection);
      this.#kept = selection;
    }
    const total = this.#totals.get(from) ?? (await this.#count(from));
    this.#totals.set(from, total);
    const part =
      this.#kept === selection
        ? `from ${keptRows} where rowid >= ${offset} and rowid < ${offset + limit} order by rowid`
        : `${selection} limit ${limit} offset ${offset}`;
    return {
      columns: columns.map(({ name, type }) => ({ name, type, kind: kindOfResult(type) })),
      rows: await this.#read(part),
      total,
      state: this.#state,
    };
  }

  async #count(from: string): Promise<number> {
    const [row] = await this.#session.rows(`select count(*) as total ${from}`);
    return Number(row?.["total"]);
  }

  async #read(sql: string): Promise<(readonly JsonValue[])[]> {
    const { batches } = await this.#session.stream(sql);
    return (await Array.fromAsync(batches)).flat();
  }
}
