/** Keeps the bronze layer of a development lake as the sample files are: added, changed and removed ones. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { basename, relative, sep } from "node:path";
import { quarantineKey, silverKeys } from "@lakehouse/lake/keys";
import type { Lake } from "@lakehouse/lake/object-store";
import type { Catalog } from "@lakehouse/transforms/model/catalog";
import { findInputs } from "../ingest/open-input.ts";
import type { LoadedTables } from "./load-tables.ts";

/** The records of tables without a sample file. */
const generatedRecords = 1_000;
/** All samples arrived in this hour. */
const arrival = "2000/01/01/00";

/** Which bronze objects are new or changed. */
export interface SampleChanges {
  readonly changed: readonly string[];
  /** Files that belong to no table. */
  readonly unknown: readonly string[];
}

/** The sample files of tables. Without a folder, or without a file of a table, its generator makes the records. */
export class SampleFiles {
  readonly #digests = new Map<string, string>();
  readonly #folder: string | undefined;

  constructor(folder: string | undefined) {
    this.#folder = folder;
  }

  /** Makes bronze what the files are now. */
  async update(lake: Lake, { catalog, sampleGenerator }: LoadedTables): Promise<SampleChanges> {
    const { contents, unknown } = await this.#files(catalog);
    if (this.#folder === undefined) {
      for (const table of catalog.tables) {
        const lines = [...sampleGenerator(table)({ records: generatedRecords, seed: 1 })];
        contents.set(keyOf(table.name, "sample"), Buffer.from(`${lines.join("\n")}\n`));
      }
    }
    const changed: string[] = [];
    for (const [key, bytes] of contents) {
      const digest = createHash("sha256").update(bytes).digest("hex");
      if (this.#digests.get(key) !== digest) {
        await lake.bronze.put(key, bytes);
        this.#digests.set(key, digest);
        changed.push(key);
      }
    }
    const tables = new Set(catalog.tables.map(({ name }) => name));
    for (const key of [...this.#digests.keys()].filter((each) => !contents.has(each))) {
      await lake.bronze.delete(key);
      if (tables.has(key.split("/")[0] ?? "")) {
        await lake.silver.deleteAll([...silverKeys(key), quarantineKey(key)]);
      }
      this.#digests.delete(key);
    }
    return { changed, unknown };
  }

  async #files({ tables }: Catalog) {
    const contents = new Map<string, Uint8Array>();
    const unknown: string[] = [];
    const folder = this.#folder;
    const inputs = folder === undefined ? [] : await findInputs([folder], folder, "nested");
    for (const { name } of inputs) {
      const path = relative(folder ?? "", name);
      const [first = ""] = path.split(sep);
      const title = first.split(".")[0] ?? "";
      const table = tables.find((each) => each.name === title);
      if (table === undefined) {
        unknown.push(path);
      } else {
        contents.set(keyOf(table.name, path), readFileSync(name));
      }
    }
    return { contents, unknown };
  }
}

function keyOf(table: string, path: string): string {
  const name = path === basename(path) ? path : path.split(sep).join("-");
  return `${table}/${arrival}/${name}`;
}
