/**
 * Rows of small text files that several queries read. They are parsed once, and kept in a table that all sessions see: parsing
 * 730 files takes some 80 ms each time. Only the files decide, so the same files are always read in the same way.
 */
import { statSync } from "node:fs";
import { formats } from "@lakehouse/formats/formats";
import type { FileView } from "./engine.ts";

/** Opening fewer files takes no time. */
const fewestFiles = 16;
/** The most bytes of a view's files. Its rows take a few times as much memory, or are spilled. */
const usualBytes = 16 * 1024 * 1024;

/** A connection that makes and removes tables. */
interface Connection {
  run(sql: string): Promise<unknown>;
}

/** A table with the rows of a view. */
export interface SharedTable {
  readonly name: string;
  readonly bytes: number;
  /** Whether it could be made. */
  readonly isMade: Promise<boolean>;
  /** The number of sessions that use it. */
  users: number;
}

/** The tables of an engine. */
export class SharedRows {
  /** By view, the least recently used first. */
  readonly #tables = new Map<string, SharedTable>();
  readonly #mostBytes: number;
  #count = 0;

  /** @param mostBytes The most bytes of a view's files. All that are kept are at most twice as long, unless more are in use. */
  constructor(mostBytes: number = usualBytes) {
    this.#mostBytes = mostBytes;
  }

  /**
   * Keeps the rows of a view, if that saves time.
   *
   * @param query The query for them.
   * @returns The table. Release it after its last use. Undefined if the files have to be read.
   */
  async keep(
    connection: Connection,
    { isShared = false, columns, format, files, partitions }: FileView,
    query: string,
  ): Promise<SharedTable | undefined> {
    const isWorth = isShared && formats[format].duckDb.isText && files.length >= fewestFiles;
    if (!isWorth || partitions !== undefined) {
      return undefined;
    }
    const key = JSON.stringify([columns, format, files]);
    const table = this.#tables.get(key) ?? this.#make(connection, files, query);
    if (table === undefined) {
      return undefined;
    }
    this.#tables.delete(key);
    this.#tables.set(key, table);
    table.users += 1;
    if (await table.isMade) {
      return table;
    }
    this.#tables.delete(key);
    return undefined;
  }

  /** Ends a use of a table. */
  release(table: SharedTable): void {
    table.users -= 1;
  }

  #make(connection: Connection, files: readonly string[], query: string): SharedTable | undefined {
    const bytes = files.reduce((sum, file) => sum + statSync(file).size, 0);
    if (bytes > this.#mostBytes) {
      return undefined;
    }
    this.#count += 1;
    const name = `__shared_${this.#count}`;
    const unused = this.#takeUnused(bytes);
    const make = async (): Promise<boolean> => {
      try {
        for (const { name } of unused) {
          await connection.run(`drop table if exists main.${name}`);
        }
        await connection.run(`create table main.${name} as\n${query}`);
        return true;
      } catch {
        // The query that reads the files says what is wrong with them.
        return false;
      }
    };
    return { name, bytes, isMade: make(), users: 0 };
  }

  /** Takes out the tables that make room for a new one. */
  #takeUnused(bytes: number): SharedTable[] {
    let sum = [...this.#tables.values()].reduce((total, table) => total + table.bytes, bytes);
    const taken: SharedTable[] = [];
    for (const [key, table] of this.#tables) {
      if (sum > 2 * this.#mostBytes && table.users === 0) {
        this.#tables.delete(key);
        taken.push(table);
        sum -= table.bytes;
      }
    }
    return taken;
  }
}
