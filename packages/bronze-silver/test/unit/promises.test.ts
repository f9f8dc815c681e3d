/** Nothing is lost, nothing is silently changed, and the same input gives the same bytes. */

import { isUtf8 } from "node:buffer";
import { quarantineKey, silverKey } from "@lakehouse/lake/keys";
import type { Lake } from "@lakehouse/lake/object-store";
import { receiptFromMetadata } from "@lakehouse/lake/receipt";
import { runs, step } from "@lakehouse/testing/property";
import type { Table } from "@lakehouse/transforms/contract/table";
import { countRecords } from "@lakehouse/transforms/decode/count-records";
import { decompress } from "@lakehouse/transforms/decode/decompress";
import { defineCatalog } from "@lakehouse/transforms/model/catalog";
import type { QuarantineEntry } from "@lakehouse/transforms/quarantine";
import { timestampType } from "@lakehouse/transforms/types/timestamp";
import { parse } from "csv-parse/sync";
import fc from "fast-check";
import pl from "nodejs-polars";
import { describe, expect, it } from "vitest";
import { processObject } from "../../src/process-object.ts";
import {
  bronzeKey,
  catalog,
  contentOf,
  everythingIn,
  memoryLake,
  objectOf,
  payments,
  paymentsInParquet,
  record,
  temporaryDirectory,
} from "../support/lakes.ts";

const scratch = temporaryDirectory();
const object = objectOf(fc.array(record, { maxLength: 25 }));
const limits = fc.constantFrom(
  {},
  { blockBytes: 64, batchRows: 3 },
  { blockBytes: 700, batchRows: 1_000 },
);

async function lakeWith(objects: readonly Buffer[]): Promise<Lake> {
  const lake = memoryLake();
  for (const [n, bytes] of objects.entries()) {
    await lake.bronze.put(bronzeKey(n), bytes);
  }
  return lake;
}

/** The decompressed object, as far as it can be read. */
async function decompressed(bytes: Buffer): Promise<Buffer> {
  const pieces = await Array.fromAsync(decompress(() => Promise.resolve(streamOf(bytes))));
  return Buffer.concat(pieces.filter((piece) => piece instanceof Uint8Array));
}

async function* streamOf(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}

async function quarantineOf(lake: Lake, key: string): Promise<QuarantineEntry[]> {
  if ((await lake.silver.head(quarantineKey(key))) === undefined) {
    return [];
  }
  const text = (await contentOf(lake.silver, quarantineKey(key))).toString("utf8");
  expect(text.endsWith("\n")).toBe(true);
  return text
    .slice(0, -1)
    .split("\n")
    .map((line): QuarantineEntry => JSON.parse(line));
}

type Cells = (string | null)[][];

async function csvCells(lake: Lake, key: string): Promise<Cells> {
  const text = await contentOf(lake.silver, silverKey(key, "csv"));
  return parse(text, { cast: (cell, { quoting }) => (cell === "" && !quoting ? null : cell) });
}

describe("an object's records", () => {
  it("each become a row, are in quarantine or are dropped, and the receipt counts them", async () => {
    await fc.assert(
      fc.asyncProperty(object, limits, async (bytes, bounds) => {
        const lake = await lakeWith([bytes]);
        const key = bronzeKey(0);
        await processObject(lake, catalog, key, { scratch, limits: bounds });
        const receipt = receiptFromMetadata(
          (await lake.silver.head(silverKey(key, "csv")))?.metadata ?? {},
        );
        if (receipt === undefined) {
          throw new Error("no receipt");
        }
        const { records, rows, quarantined, dropped, damaged } = receipt;
        const entries = await quarantineOf(lake, key);
        expect(records).toBe(rows + quarantined + dropped);
        expect(records).toBe(await countRecords(() => Promise.resolve(streamOf(bytes))));
        expect(await csvCells(lake, key)).toHaveLength(1 + rows);
        expect(entries).toHaveLength(quarantined);
        expect(damaged).toBe(entries.some(({ kind }) => kind === "object"));
      }),
      runs(40),
    );
  });

  it("are in quarantine with their position, their bytes and all reasons", async () => {
    await fc.assert(
      fc.asyncProperty(object, limits, async (bytes, bounds) => {
        const lake = await lakeWith([bytes]);
        const key = bronzeKey(0);
        await processObject(lake, catalog, key, { scratch, limits: bounds });
        const whole = await decompressed(bytes);
        let last = -1;
        for (const entry of await quarantineOf(lake, key)) {
          expect(entry.bronze_key).toBe(key);
          const raw =
            entry.raw_base64 === undefined
              ? Buffer.from(entry.raw ?? "")
              : Buffer.from(entry.raw_base64, "base64");
          const { byte_offset: at, line, reasons } = entry;
          expect(whole.subarray(at, at + raw.length)).toEqual(raw);
          expect(isUtf8(raw)).toBe(entry.raw !== undefined);
          expect(line).toBe(whole.subarray(0, at).toString("latin1").split("\n").length);
          expect(at).toBeGreaterThan(last);
          expect(reasons[0]).toEqual({
            column: entry.column,
            rule: entry.rule,
            message: entry.message,
          });
          last = at;
        }
      }),
      runs(40),
    );
  });
});

describe("silver", () => {
  it("holds the same values as CSV and as Parquet", async () => {
    await fc.assert(
      fc.asyncProperty(object, limits, async (bytes, bounds) => {
        const lake = await lakeWith([bytes]);
        const key = bronzeKey(0);
        const options = { scratch, limits: bounds };
        await processObject(lake, catalog, key, options);
        const [header, ...csv] = await csvCells(lake, key);
        await processObject(lake, defineCatalog([paymentsInParquet], []), key, options);
        const parquet = await contentOf(lake.silver, silverKey(key, "parquet"));
        const frame = pl.readParquet(parquet);
        expect(frame.columns).toEqual(header);
        expect(cellsOf(payments, frame)).toEqual(csv.map(csvCellsOf));
      }),
      runs(25),
    );
  });

  it("writes each type as the contract promises", async () => {
    const lake = await lakeWith([
      Buffer.from(
        [
          '{"id":"9223372036854775807","day":"0001-01-02","amount":"-9999999999999999999999999999.9999999999","at":"0001-01-01T00:00:00Z","note":"","ratio":-0,"payload":"x"}',
          '{"id":0,"day":"9999-12-31","amount":-0.05,"at":"9999-12-31T23:59:59.999999Z","ratio":1e300}',
          '{"id":"007","day":"1970-01-01","amount":150.00,"at":"2024-02-29 23:59:59.5+05:30","note":"007","ratio":0.1,"payload":{"b":1.0,"a":"\\u00e9,"}}',
        ].join("\n"),
      ),
    ]);
    await processObject(lake, catalog, bronzeKey(0), { scratch });
    expect((await contentOf(lake.silver, silverKey(bronzeKey(0), "csv"))).toString("utf8")).toBe(
      [
        "id,day,amount,at,note,ratio,payload",
        '9223372036854775807,0001-01-02,-9999999999999999999999999999.9999999999,0001-01-01T00:00:00.000000Z,"",0.0,"""x"""',
        "0,9999-12-31,-0.0500000000,9999-12-31T23:59:59.999999Z,,1e+300,",
        '7,1970-01-01,150.0000000000,2024-02-29T18:29:59.500000Z,007,0.1,"{""a"":""é,"",""b"":1.0}"',
        "",
      ].join("\n"),
    );
  });
});

/** A Parquet frame's values: floats as numbers, times in microseconds, everything else as in silver's CSV. */
function cellsOf(table: Table, frame: pl.DataFrame): unknown[][] {
  const columns = table.columns.map(({ name, type }): pl.Expr => {
    const column = pl.col(name);
    if (type.kind === "float64") {
      return column;
    }
    if (type.kind !== "timestamp") {
      return column.cast(pl.Utf8);
    }
    return column.cast(pl.Int64).cast(pl.Utf8);
  });
  return frame.select(...columns).rows();
}

function csvCellsOf(row: (string | null)[]): unknown[] {
  return row.map((cell, i) => {
    const kind = payments.columns[i]?.type.kind;
    if (cell === null || (kind !== "float64" && kind !== "timestamp")) {
      return cell;
    }
    return kind === "float64" ? Number(cell) : String(outcome(cell));
  });
}

function outcome(timestamp: string): bigint | string {
  const parsed = timestampType.parse(timestamp);
  return parsed.ok ? parsed.value : parsed.rule;
}

describe("the same objects", () => {
  const objects = fc.array(objectOf(fc.array(record, { maxLength: 8 })), {
    minLength: 2,
    maxLength: 4,
  });

  it("leave the same lake in any order, concurrently, and repeatedly", async () => {
    await fc.assert(
      fc.asyncProperty(
        objects.chain((all) =>
          fc.record({
            all: fc.constant(all),
            events: fc.array(fc.nat(all.length - 1), { maxLength: 5 }).chain((again) => {
              const each = [...all.keys(), ...again];
              return fc.shuffledSubarray(each, { minLength: each.length });
            }),
          }),
        ),
        fc.boolean(),
        async ({ all, events }, atOnce) => {
          const orderly = await lakeWith(all);
          for (const n of all.keys()) {
            await processObject(orderly, catalog, bronzeKey(n), { scratch });
          }
          const other = await lakeWith(all);
          const process = (n: number) => processObject(other, catalog, bronzeKey(n), { scratch });
          if (atOnce) {
            await Promise.all(events.map(process));
          } else {
            for (const n of events) {
              await process(n);
            }
          }
          expect(await everythingIn(other.silver)).toEqual(await everythingIn(orderly.silver));
        },
      ),
      runs(12),
    );
  });

  it("give the same silver with any memory limits", async () => {
    await fc.assert(
      fc.asyncProperty(object, limits, async (bytes, bounds) => {
        const lake = await lakeWith([bytes]);
        await processObject(lake, catalog, bronzeKey(0), { scratch });
        const before = await everythingIn(lake.silver);
        await processObject(lake, catalog, bronzeKey(0), { scratch, limits: bounds });
        expect(await everythingIn(lake.silver)).toEqual(before);
      }),
      runs(25),
    );
  });

  it("keep the bytes of each refused record, however many batches and blocks a chunk has", async () => {
    const lines = Array.from({ length: 200 }, (_, i) => `{"id":${-i},"day":"2024-02-29"}`);
    const lake = await lakeWith([Buffer.from(lines.join("\n"))]);
    for (const bounds of [{}, { batchRows: 3 }, { blockBytes: 100 }]) {
      await processObject(lake, catalog, bronzeKey(0), { scratch, limits: bounds });
      const entries = await quarantineOf(lake, bronzeKey(0));
      expect(entries.map(({ raw }) => raw)).toEqual(lines.slice(1));
      expect(entries.map(({ line }) => line)).toEqual(lines.slice(1).map((_, i) => i + 2));
    }
  });

  it("give the same Parquet each time, however many batches there are", async () => {
    const lines = Array.from({ length: 20_000 }, (_, i) => `{"id":${i},"day":"2024-02-29"}`);
    const lake = await lakeWith([Buffer.from(lines.join("\n"))]);
    const files = new Set<string>();
    for (let time = 0; time < 5; time += step(2)) {
      await processObject(lake, defineCatalog([paymentsInParquet], []), bronzeKey(0), {
        scratch,
        limits: { batchRows: 700 },
      });
      const content = await contentOf(lake.silver, silverKey(bronzeKey(0), "parquet"));
      const ids = pl.readParquet(content).getColumn("id").cast(pl.Float64).toArray();
      expect(ids.every((id, i) => id === i)).toBe(true);
      files.add(content.toString("latin1"));
    }
    expect(files.size).toBe(1);
  });
});
