/** The largest permitted block, full of refused records that grow sixfold when they are written as JSON. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { openLake } from "@lakehouse/lake/lake";
import { cases } from "@lakehouse/testing/property";
import { date, int64 } from "@lakehouse/transforms/contract/column";
import { month } from "@lakehouse/transforms/contract/partition";
import { defineTable } from "@lakehouse/transforms/contract/table";
import { defineCatalog } from "@lakehouse/transforms/model/catalog";
import { afterEach, beforeEach, expect, test } from "vitest";
import { processObject } from "../../src/process-object.ts";
import { readRuntime } from "../../src/runtime.ts";

const table = defineTable({
  name: "orders",
  columns: { id: int64().notNull(), day: date().notNull() },
  primaryKey: ["id"],
  partitionBy: month("day"),
});
const mebibyte = 1024 * 1024;
const records = 900;

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "lakehouse-"));
});
afterEach(() => rm(directory, { recursive: true }));

// CI tries both. The largest one is the harder.
test.each([256, 96].slice(0, cases(2)))(
  "a block of %d MiB loses no refused record",
  async (blockMib) => {
    const lake = openLake(directory, {});
    const key = "orders/2024/01/05/10/controls.gz";
    // JSON forbids control characters in strings, and quarantine writes each as \u0001.
    const line = `{"id": "${"\u0001".repeat((92 * mebibyte) / records)}"}\n`;
    await lake.bronze.put(key, gzipSync(line.repeat(records), { level: 1 }));
    const { blockBytes } = readRuntime({ BLOCK_MIB: String(blockMib) });
    const scratch = join(directory, "scratch");
    const { receipt } = await processObject(lake, defineCatalog([table], []), key, {
      scratch,
      limits: { blockBytes },
    });
    expect(receipt).toMatchObject({ records, rows: 0, quarantined: records });
  },
);
