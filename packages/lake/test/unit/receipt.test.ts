/** Receipts: metadata gives back a complete receipt, or none. */
import "@lakehouse/testing/property";
import { date, int64, string } from "@lakehouse/transforms/contract/column";
import { month } from "@lakehouse/transforms/contract/partition";
import { defineTable, type TableDefinition } from "@lakehouse/transforms/contract/table";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkMetadata } from "../../src/object-rules.ts";
import {
  isOutdated,
  type Receipt,
  receiptFromMetadata,
  receiptToMetadata,
} from "../../src/receipt.ts";

const receipt: Receipt = {
  records: 10,
  rows: 7,
  quarantined: 2,
  dropped: 1,
  warned: 3,
  damaged: false,
  contract: "5d41402abc4b2a76",
  bronzeEtag: '"9bb58f26192e4ba00f01e2e7b136bbd8-2"',
};

test("a receipt is metadata that every store accepts", () => {
  expect(receiptToMetadata(receipt)).toEqual({
    records: "10",
    rows: "7",
    quarantined: "2",
    dropped: "1",
    warned: "3",
    damaged: "false",
    contract: "5d41402abc4b2a76",
    "bronze-etag": '"9bb58f26192e4ba00f01e2e7b136bbd8-2"',
  });
  expect(() => checkMetadata("key", receiptToMetadata(receipt))).not.toThrow();
});

test("every receipt comes back unchanged", () => {
  const count = fc.nat();
  fc.assert(
    fc.property(count, count, count, fc.boolean(), (records, rows, warned, damaged) => {
      const other = { ...receipt, records, rows, warned, damaged };
      expect(receiptFromMetadata(receiptToMetadata(other))).toEqual(other);
    }),
  );
});

test("digests of contents come back too, and a receipt of an earlier version has none", () => {
  const digests = { silver: "5".repeat(64), bronze: "b".repeat(64) };
  for (const each of [digests, { ...digests, quarantine: "9".repeat(64) }]) {
    const metadata = receiptToMetadata({ ...receipt, digests: each });
    expect(metadata).toMatchObject({ sha256: digests.silver });
    expect(() => checkMetadata("key", metadata)).not.toThrow();
    expect(receiptFromMetadata(metadata)).toEqual({ ...receipt, digests: each });
  }
  expect(receiptFromMetadata(receiptToMetadata(receipt))).toEqual(receipt);
});

test.each(Object.keys(receiptToMetadata(receipt)))("without %s there is no receipt", (name) => {
  const { [name]: _, ...rest } = receiptToMetadata(receipt);
  expect(receiptFromMetadata(rest)).toBeUndefined();
});

test.each([{ records: "-1" }, { rows: "1.5" }, { warned: "" }, { damaged: "yes" }])(
  "with %o there is no receipt",
  (wrong) => {
    expect(receiptFromMetadata({ ...receiptToMetadata(receipt), ...wrong })).toBeUndefined();
  },
);

describe("a receipt's contract", () => {
  const columns = { id: int64().notNull(), day: date().notNull(), note: string() };
  const table = (changes: Partial<TableDefinition<typeof columns>> = {}) =>
    defineTable({
      name: "visits",
      columns,
      primaryKey: ["id"],
      partitionBy: month("day"),
      ...changes,
    });
  const bucket = { uri: (key: string) => `s3://bucket/${key}` };
  const { note, ...others } = columns;
  const moved = table({ columns: { note, ...others } });
  const parquet = { format: { silver: "parquet" } } as const;

  test.each([
    ["the same contract", table(), table().silverFingerprint, false, false],
    [
      "the same contract, written by an earlier version",
      table(),
      table().earlierFingerprint,
      false,
      false,
    ],
    ["other rules", table({ unknownColumns: "quarantine" }), table().silverFingerprint, true, true],
    [
      "other rules, written by an earlier version",
      table(parquet),
      table().earlierFingerprint,
      true,
      true,
    ],
    // Athena reads CSV by position.
    ["another order of columns", table(), moved.silverFingerprint, false, true],
    [
      "another order of columns in Parquet",
      table(parquet),
      table({ ...parquet, columns: { note, ...others } }).silverFingerprint,
      false,
      false,
    ],
    ["something else", table(), "?", true, true],
  ])(
    "%s: outdated as it should be, in a directory and in S3",
    (_name, now, contract, ...expected) => {
      expect([{}, bucket].map((store) => isOutdated(contract, now, store))).toEqual(expected);
    },
  );
});
