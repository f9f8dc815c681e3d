/** One object through the layer, on a lake in a directory. */
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { quarantineKey, silverKey } from "@lakehouse/lake/keys";
import { openLake } from "@lakehouse/lake/lake";
import type { Lake } from "@lakehouse/lake/object-store";
import { receiptFromMetadata } from "@lakehouse/lake/receipt";
import { step } from "@lakehouse/testing/property";
import { date, decimal, int64 } from "@lakehouse/transforms/contract/column";
import { expectation } from "@lakehouse/transforms/contract/expectation";
import { month } from "@lakehouse/transforms/contract/partition";
import { defineTable } from "@lakehouse/transforms/contract/table";
import { defineCatalog } from "@lakehouse/transforms/model/catalog";
import type { QuarantineEntry } from "@lakehouse/transforms/quarantine";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { processObject } from "../../src/process-object.ts";

const definition = {
  name: "orders",
  columns: {
    customer_id: int64().notNull(),
    order_id: int64().notNull(),
    amount: decimal(18, 2).notNull(),
    order_date: date().notNull(),
  },
  primaryKey: ["order_id"],
  partitionBy: month("order_date"),
} as const;
const orders = defineTable({
  ...definition,
  expectations: (row) => [
    expectation("amount is positive", row.amount.gt(0)),
    expectation("not a test order", row.customer_id.ne(999), "drop"),
    expectation("amount is usual", row.amount.lt(1_000), "warn"),
  ],
});
const key = "orders/2024/03/01/10/orders.gz";

let directory: string;
let lake: Lake;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "lakehouse-"));
  lake = openLake(directory, {});
});
afterEach(() => rm(directory, { recursive: true }));

async function text(objectKey: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of await lake.silver.read(objectKey)) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

async function process(content: Buffer | string, table = orders) {
  await lake.bronze.put(key, Buffer.from(content));
  const scratch = join(directory, "scratch");
  const { receipt } = await processObject(lake, defineCatalog([table], []), key, { scratch });
  const refused = receipt.quarantined === 0 ? "" : await text(quarantineKey(key));
  const entries = refused.split("\n").filter((line) => line !== "");
  return {
    receipt,
    csv: table.format.silver === "csv" ? await text(silverKey(key, "csv")) : "",
    entries: entries.map((line): QuarantineEntry => JSON.parse(line)),
  };
}

const good = '{"customer_id":1,"order_id":2,"amount":3.5,"order_date":"2024-02-29"}';

describe("processObject", () => {
  it("turns records into typed rows, and refuses the others with all reasons", async () => {
    const { csv, entries, receipt } = await process(
      gzipSync(
        [
          good,
          '{"order_id":"007","customer_id":1,"amount":"12.50","order_date":"2024-01-31","note":"x"}',
          '{"order_id":9.5,"customer_id":true,"amount":"12,50","order_date":"2024-02-30"}',
          '{"customer_id":1,"order_id":3,"amount":-1.005,"order_date":null}',
          '{"customer_id":1,"order_id":4,"amount":-1,"order_date":"2024-01-01"}',
          '{"customer_id":999,"order_id":5,"amount":1,"order_date":"2024-01-01"}',
          '{"customer_id":1,"order_id":6,"amount":5000,"order_date":"2024-01-01"}',
          "nonsense",
        ].join("\n"),
      ),
    );
    expect(csv).toBe(
      "customer_id,order_id,amount,order_date\n1,2,3.50,2024-02-29\n1,7,12.50,2024-01-31\n1,6,5000.00,2024-01-01\n",
    );
    expect(
      entries.map(({ line, reasons }) => [
        line,
        ...reasons.map(({ column, rule }) => `${column}: ${rule}`),
      ]),
    ).toEqual([
      [
        3,
        "customer_id: wrong_type",
        "order_id: wrong_type",
        "amount: wrong_type",
        "order_date: impossible_date",
      ],
      [4, "amount: too_many_decimal_places", "order_date: missing"],
      [5, "null: amount is positive"],
      [8, "null: malformed_json"],
    ]);
    expect(receipt).toMatchObject({ records: 8, rows: 3, quarantined: 4, dropped: 1, warned: 1 });
    const head = await lake.silver.head(silverKey(key, "csv"));
    expect(receiptFromMetadata(head?.metadata ?? {})).toEqual(receipt);
  });

  it("keeps the raw bytes of each record that breaks a rule, however small the blocks are", async () => {
    const records = Array.from(
      { length: 50 },
      (_, i) => `{"customer_id":1,"order_id":${i},"amount":${i % 2},"order_date":"2024-01-01"}`,
    );
    await lake.bronze.put(key, Buffer.from(records.join("\n")));
    await processObject(lake, defineCatalog([orders], []), key, {
      scratch: join(directory, "scratch"),
      limits: { blockBytes: 100 },
    });
    const lines = (await text(quarantineKey(key))).trimEnd().split("\n");
    expect(lines.map((line) => (JSON.parse(line) as QuarantineEntry).raw)).toEqual(
      records.filter((_, i) => i % 2 === 0),
    );
  });

  it("treats an empty object as one without records", async () => {
    const { csv, receipt } = await process("");
    expect(csv).toBe("customer_id,order_id,amount,order_date\n");
    expect(receipt).toMatchObject({ records: 0, rows: 0, quarantined: 0 });
  });

  it("reads what is left of a damaged object, and reports the damage once", async () => {
    const whole = gzipSync(Array.from({ length: 2_000 }, () => good).join("\n"));
    const { receipt, entries } = await process(whole.subarray(0, whole.length - 20));
    expect(entries).toHaveLength(1);
    expect(entries[0]).toMatchObject({ kind: "object", rule: "damaged_object" });
    expect(receipt.damaged).toBe(true);
    expect(receipt.rows).toBeGreaterThan(0);
    expect(receipt.records).toBe(receipt.rows + 1);
  });

  it("removes the quarantine of an earlier contract that refused more", async () => {
    await process('{"order_id":1}');
    const { receipt } = await process(good);
    expect(receipt.quarantined).toBe(0);
    expect(await lake.silver.head(quarantineKey(key))).toBeUndefined();
  });

  it("writes Parquet if the contract says so, and leaves no CSV beside it", async () => {
    await process(good);
    const parquet = defineTable({ ...definition, format: { silver: "parquet" } });
    for (const content of [good, ""]) {
      const { receipt } = await process(content, parquet);
      expect(receipt.rows).toBe(content === "" ? 0 : 1);
      const keys: string[] = [];
      for await (const each of lake.silver.list("")) {
        keys.push(each.key);
      }
      expect(keys).toEqual([silverKey(key, "parquet")]);
    }
  });

  it("leaves no temporary files", async () => {
    await process(good);
    expect(await readdir(join(directory, "scratch"))).toEqual([]);
  });

  it("has no batch in flight after reading has failed", async () => {
    const content = Buffer.from(`${good}\n`.repeat(2_000));
    await lake.bronze.put(key, content);
    async function* failing(): AsyncGenerator<Buffer> {
      yield content;
      throw new Error("the network is down");
    }
    vi.spyOn(lake.bronze, "read").mockImplementation(async () => Readable.from(failing()));
    const scratch = join(directory, "scratch");
    for (let run = 0; run < 20; run += step(5)) {
      const limits = { blockBytes: 16_000 };
      const processed = processObject(lake, defineCatalog([orders], []), key, { scratch, limits });
      await expect(processed).rejects.toThrow("the network is down");
      expect(await readdir(scratch)).toEqual([]);
    }
  });

  it("reports what is wrong with a key", async () => {
    const run = (bronzeKey: string) =>
      processObject(lake, defineCatalog([orders], []), bronzeKey, { scratch: directory });
    await expect(run("orders/2024/03/01/10/none.gz")).rejects.toMatchObject({
      code: "OBJECT_NOT_FOUND",
    });
    await expect(run("orders/none.gz")).rejects.toMatchObject({ code: "INVALID_KEY" });
    await expect(run("payments/2024/03/01/10/a.gz")).rejects.toMatchObject({
      code: "UNKNOWN_TABLE",
    });
  });
});
