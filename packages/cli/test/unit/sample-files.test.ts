/** The bronze layer of `lakehouse dev` is what the sample files are. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryDirectory } from "@lakehouse/testing/temporary-directory";
import { int64 } from "@lakehouse/transforms/contract/column";
import { defineTable } from "@lakehouse/transforms/contract/table";
import { defineCatalog } from "@lakehouse/transforms/model/catalog";
import { expect, test } from "vitest";
import type { LoadedTables } from "../../src/commands/dev/load-tables.ts";
import { SampleFiles } from "../../src/commands/dev/sample-files.ts";
import { gold } from "../../src/commands/gold/gold.ts";
import { silver } from "../../src/commands/silver/silver.ts";
import { contextOf } from "../support/context.ts";

test("added, changed and removed files are in the lake as they are", async () => {
  const table = defineTable({
    name: "orders",
    columns: { id: int64().notNull() },
    primaryKey: ["id"],
  });
  const loaded: LoadedTables = {
    catalog: defineCatalog([table], []),
    mistakes: [],
    sampleGenerator: () => () => ['{"id":1}', '{"id":2}'],
  };
  const root = temporaryDirectory();
  const folder = join(root, "samples");
  mkdirSync(join(folder, "orders"), { recursive: true });
  writeFileSync(join(folder, "orders.ndjson"), '{"id":1}\n{"id":2}\n');
  writeFileSync(join(folder, "orders/more.ndjson"), '{"id":3}\n');
  writeFileSync(join(folder, "notes.txt"), "no table");
  const context = contextOf(root, loaded.catalog);
  const files = new SampleFiles(folder);
  const rows = async (): Promise<number> => {
    await silver(context);
    return (await gold(context)).currentRows;
  };
  const [one, more] = ["orders.ndjson", "orders-more.ndjson"].map(
    (name) => `orders/2000/01/01/00/${name}`,
  );
  expect(await files.update(context.lake, loaded)).toEqual({
    changed: expect.arrayContaining([one, more]),
    unknown: ["notes.txt"],
  });
  expect(await rows()).toBe(3);
  expect((await files.update(context.lake, loaded)).changed).toEqual([]);
  writeFileSync(join(folder, "orders.ndjson"), '{"id":1}\n');
  const { changed } = await files.update(context.lake, loaded);
  expect(changed).toEqual([one]);
  await silver(context, changed);
  rmSync(join(folder, "orders/more.ndjson"));
  await files.update(context.lake, loaded);
  expect(await rows()).toBe(1);
  const generated = await new SampleFiles(undefined).update(context.lake, loaded);
  expect(generated.changed).toEqual(["orders/2000/01/01/00/sample"]);
});
