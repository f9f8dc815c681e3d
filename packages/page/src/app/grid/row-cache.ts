/** Keeps the rows that the grid has asked for, in pages. */
import type { RowsPage, Value } from "../../data.ts";

type Row = readonly Value[];

/** Asks for rows by their position. */
export type LoadRows = (offset: number, limit: number) => Promise<RowsPage>;

/** Rows of one page. */
export const pageSize = 200;
/** Pages that are kept: 20,000 rows. */
const mostPages = 100;

/** A part of the rows of a relation. It asks for each page once, and forgets those that were not looked at for long. */
export class RowCache {
  readonly #load: LoadRows;
  readonly #changed: () => void;
  readonly #pages = new Map<number, readonly Row[] | "loading">();
  #first: RowsPage | null = null;
  #error: unknown = null;
  #isReplaced = false;

  /** @param changed Called when rows have arrived, or could not be had. */
  constructor(load: LoadRows, changed: () => void) {
    this.#load = load;
    this.#changed = changed;
  }

  /** The columns, the number of rows, and what came with them; null until the first page is there. */
  get first(): RowsPage | null {
    return this.#first;
  }

  /** Why rows could not be had; null if they could. */
  get error(): unknown {
    return this.#error;
  }

  /** Whether a run has replaced the rows since the first page was read. */
  get isReplaced(): boolean {
    return this.#isReplaced;
  }

  /** A row, or undefined while it is not there. */
  row(index: number): Row | undefined {
    const page = this.#pages.get(Math.floor(index / pageSize));
    return page === undefined || page === "loading" ? undefined : page[index % pageSize];
  }

  /** Asks for the rows from `start` to before `end`, unless they are there or were asked for. */
  request(start: number, end: number): void {
    for (let page = Math.floor(start / pageSize); page * pageSize < end; page += 1) {
      const kept = this.#pages.get(page);
      if (kept === undefined) {
        void this.#fetch(page);
      } else {
        // The last ones of the map were looked at last.
        this.#pages.delete(page);
        this.#pages.set(page, kept);
      }
    }
  }

  async #fetch(page: number): Promise<void> {
    this.#pages.set(page, "loading");
    try {
      const rows = await this.#load(page * pageSize, pageSize);
      this.#first ??= rows;
      this.#isReplaced ||= rows.state !== this.#first.state;
      this.#pages.set(page, rows.rows);
      this.#error = null;
    } catch (error) {
      this.#pages.delete(page);
      this.#error = error;
    }
    for (const oldest of this.#pages.keys()) {
      if (this.#pages.size <= mostPages) {
        break;
      }
      this.#pages.delete(oldest);
    }
    this.#changed();
  }
}
