/** Keys: every bronze object has its own silver and quarantine key, and the reverse is exact. */
import "@lakehouse/testing/property";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  bronzeKeyOfQuarantine,
  bronzeKeyOfSilver,
  bronzePrefix,
  compareArrival,
  goldKey,
  parseBronzeKey,
  quarantineKey,
  quarantinePrefix,
  silverKey,
  silverPrefix,
} from "../../src/keys.ts";

const uuid = "0b5e2b5c-6a3f-4a9e-8d1c-1f2e3d4c5b6a";
const firehoseName = `orders-prod-1-2024-03-01-13-59-07-${uuid}.gz`;
const firehoseKey = `orders/2024/03/01/13/${firehoseName}`;

describe("parseBronzeKey", () => {
  test("parses a Firehose object's key", () => {
    expect(parseBronzeKey(firehoseKey)).toEqual({
      key: firehoseKey,
      table: "orders",
      ingestDate: "2024-03-01",
      hour: "13",
      fileName: firehoseName,
      arrival: "2024-03-01T13:59:07",
    });
  });

  test("uses the folder's hour as the arrival of a file added by hand", () => {
    expect(parseBronzeKey("web_events/2024/02/29/00/deep/er/my file.json")).toMatchObject({
      table: "web_events",
      fileName: "deep/er/my file.json",
      arrival: "2024-02-29T00:00:00",
    });
  });

  test.each([
    ["orders", "move"],
    ["orders/2024/03/01/13/", "move"],
    ["orders/2024/3/1/13/file", "move"],
    ["Orders/2024/03/01/13/file", "move"],
    ["_state/2024/03/01/13/file", "move"],
    ["orders/2024/02/30/13/file", "the hour 2024-02-30T13 does not exist"],
    ["orders/2024/13/01/13/file", "the hour 2024-13-01T13 does not exist"],
    ["orders/2024/03/01/24/file", "the hour 2024-03-01T24 does not exist"],
    ["orders/2024/03/01/23/a\0b", "another name"],
    [`orders/2024/03/01/23/${"é".repeat(500)}`, "at most 1024 bytes"],
  ])("rejects %s and says what to do", (key, message) => {
    expect(() => parseBronzeKey(key)).toThrow(
      expect.objectContaining({
        code: "INVALID_KEY",
        message: expect.stringMatching(new RegExp(message, "i")),
      }),
    );
  });
});

describe("derived keys", () => {
  test("keep a Firehose name as it is", () => {
    expect(silverKey(firehoseKey, "csv")).toBe(`orders/ingest_date=2024-03-01/${firehoseName}.csv`);
    expect(quarantineKey(firehoseKey)).toBe(
      `_quarantine/orders/ingest_date=2024-03-01/${firehoseName}.ndjson`,
    );
  });

  test("include the hour and the folders for any other name", () => {
    expect(silverKey("orders/2024/03/01/13/a/100%.json", "parquet")).toBe(
      "orders/ingest_date=2024-03-01/hour=13.a%2F100%25.json.parquet",
    );
    expect(silverKey(`orders/2024/03/01/14/${firehoseName}`, "csv")).toBe(
      `orders/ingest_date=2024-03-01/hour=14.${firehoseName}.csv`,
    );
  });

  test("lead back to the bronze key", () => {
    fc.assert(
      fc.property(bronzeKeys(), fc.constantFrom("csv", "parquet"), (key, format) => {
        expect(bronzeKeyOfSilver(silverKey(key, format))).toBe(key);
        expect(bronzeKeyOfQuarantine(quarantineKey(key))).toBe(key);
      }),
    );
  });

  test("are different for different bronze keys", () => {
    fc.assert(
      fc.property(bronzeKeys(), bronzeKeys(), (a, b) => {
        expect(silverKey(a, "csv") === silverKey(b, "csv")).toBe(a === b);
        expect(quarantineKey(a) === quarantineKey(b)).toBe(a === b);
      }),
    );
  });

  test("start with their layer's prefix and have no folders below the day's", () => {
    fc.assert(
      fc.property(bronzeKeys(), (key) => {
        const { table } = parseBronzeKey(key);
        expect(key.startsWith(bronzePrefix(table))).toBe(true);
        expect(silverKey(key, "csv").startsWith(silverPrefix(table))).toBe(true);
        expect(silverKey(key, "csv").split("/")).toHaveLength(3);
        expect(quarantineKey(key).startsWith(quarantinePrefix(table))).toBe(true);
      }),
    );
  });

  test.each([
    "orders/ingest_date=2024-03-01/file.csv",
    "orders/ingest_date=2024-03-01/hour=13.a%2f.csv",
    "orders/ingest_date=2024-03-01/hour=13.a%2.csv",
    "orders/ingest_date=2024-03-01/hour=25.a.csv",
    "orders/ingest_date=2024-02-30/hour=13.a.csv",
    `orders/ingest_date=2024-03-01/hour=13.${firehoseName}.csv`,
    "orders/ingest_date=2024-03-01/hour=13.a.ndjson",
    "_quarantine/orders/ingest_date=2024-03-01/hour=13.a.csv",
  ])("%s is not a derived key", (key) => {
    expect(() => bronzeKeyOfSilver(key)).toThrow(expect.objectContaining({ code: "INVALID_KEY" }));
    expect(() => bronzeKeyOfQuarantine(key)).toThrow(
      expect.objectContaining({ code: "INVALID_KEY" }),
    );
  });
});

test("goldKey returns one key for a full model, and one for each partition", () => {
  expect(goldKey("daily_sales", "csv")).toBe("daily_sales/data.csv");
  expect(goldKey("customer_daily", "parquet", { name: "month", value: "2024-03" })).toBe(
    "customer_daily/month=2024-03/data.parquet",
  );
  expect(goldKey("m", "csv", { name: "p", value: "a/b%" })).toBe("m/p=a%2Fb%25/data.csv");
});

test("compareArrival orders by time, then by the key's bytes", () => {
  const keys = [
    firehoseKey,
    "orders/2024/03/01/13/\u{1f600}",
    "orders/2024/03/01/13/\uffff",
    "orders/2024/02/29/23/z",
  ].map(parseBronzeKey);
  expect(keys.sort(compareArrival).map(({ fileName }) => fileName)).toEqual([
    "z",
    "\uffff",
    "\u{1f600}",
    firehoseName,
  ]);
});

/** Similar keys, so that random ones may collide. */
function bronzeKeys(): fc.Arbitrary<string> {
  const folder = fc.constantFrom("2024/03/01/13", "2024/03/01/14", "2024/03/02/13");
  const stamp = fc.constantFrom("2024-03-01-13", "2024-03-01-14", "2024-02-30-13");
  const firehose = stamp.map((text) => `s-1-${text}-00-01-${uuid}`);
  const piece = fc.oneof(
    firehose,
    fc.constantFrom("/", "%", "%2F", "%25", "hour=13.", ".gz", ".csv", "a", "\n", "_"),
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 3 }),
  );
  const name = fc.array(piece, { minLength: 1, maxLength: 4 }).map((pieces) => pieces.join(""));
  return fc.tuple(folder, name).map(([hour, rest]) => `orders/${hour}/${rest}`);
}
