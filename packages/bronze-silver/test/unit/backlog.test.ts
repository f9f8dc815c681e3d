/** Which bronze objects have no silver yet. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { InvalidKeyError } from "@lakehouse/lake/errors";
import { silverKey } from "@lakehouse/lake/keys";
import { openLake } from "@lakehouse/lake/lake";
import { int64, timestamp } from "@lakehouse/transforms/contract/column";
import { day } from "@lakehouse/transforms/contract/partition";
import { defineTable } from "@lakehouse/transforms/contract/table";
import { defineCatalog } from "@lakehouse/transforms/model/catalog";
import { expect, it, vi } from "vitest";
import { backlog, unknownTables } from "../../src/backlog.ts";
import { MemoryStore } from "../support/lakes.ts";

const table = defineTable({
  name: "events",
  columns: { id: int64().notNull(), at: timestamp().notNull() },
  primaryKey: ["id"],
  partitionBy: day("at"),
});

it("lists objects without silver, in order, and passes over what is not a bronze object", async () => {
  const directory = await mkdtemp(join(tmpdir(), "lakehouse-"));
  try {
    const lake = openLake(directory, {});
    const keys = ["a.gz", "b.gz", "c.gz"].map((name) => `events/2024/03/01/10/${name}`);
    for (const key of [...keys, "events/notes.txt", "events/2024/13/01/10/x.gz"]) {
      await lake.bronze.put(key, Buffer.from(""));
    }
    await lake.silver.put(silverKey(keys[0] ?? "", "csv"), Buffer.from(""));
    await lake.silver.put(silverKey(keys[2] ?? "", "parquet"), Buffer.from(""));
    const waiting: string[] = [];
    const strays: string[] = [];
    const passOver = ({ key }: InvalidKeyError): void => void strays.push(key);
    for await (const key of backlog(lake, defineCatalog([table], []), passOver)) {
      waiting.push(key);
    }
    expect(waiting).toEqual([keys[1]]);
    expect(strays).toEqual(["events/2024/13/01/10/x.gz", "events/notes.txt"]);
  } finally {
    await rm(directory, { recursive: true });
  }
});

it("counts the objects of unknown tables, and lists no other", async () => {
  const bronze = new MemoryStore();
  for (const key of ["events/2024/03/01/10/a", "visits/2024/03/01/10/a", "visits/x", "_errors/a"]) {
    await bronze.put(key, Buffer.from(""));
  }
  const list = vi.spyOn(bronze, "list");
  expect(await unknownTables(bronze, defineCatalog([table], []), () => {})).toEqual([
    { name: "visits", objects: 1 },
  ]);
  expect(list.mock.calls.map(([prefix]) => prefix)).toEqual(["visits/"]);
});
