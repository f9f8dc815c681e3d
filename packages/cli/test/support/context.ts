/** The context of commands over a lake in a folder, and records that arrive there. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { openLake } from "@lakehouse/lake/lake";
import type { Catalog } from "@lakehouse/transforms/model/catalog";
import type { Context } from "../../src/context.ts";
import { noProgress } from "../../src/output/progress.ts";

/** @param folder A temporary folder. The lake is in it, under the name. */
export function contextOf(folder: string, catalog: Catalog, name = "lake"): Context {
  const location = join(folder, name);
  return {
    catalog,
    location,
    lake: openLake(location, {}),
    commandLine: "lakehouse",
    settings: {},
    mistakes: [],
    folder,
    scratch: join(folder, "scratch"),
    json: false,
    screen: { columns: undefined, paint: (_, text) => text },
    progress: noProgress,
    signal: new AbortController().signal,
    passOver: () => {},
  };
}

/** Writes a bronze object that arrived at this hour of 2026-01-31. */
export function arrive(
  { location }: Pick<Context, "location">,
  table: string,
  hour: number,
  records: readonly object[],
): void {
  const folder = `${table}/2026/01/31/${String(hour).padStart(2, "0")}`;
  const path = join(location, "bronze", folder, "a.ndjson");
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, records.map((record) => `${JSON.stringify(record)}\n`).join(""));
}
