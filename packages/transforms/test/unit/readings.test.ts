/** What a column reads with options about spelling: epochs, patterns, trimmed and mapped strings. */
import { describe, expect, it } from "vitest";
import {
  boolean,
  type Column,
  date,
  decimal,
  int32,
  int64,
  string,
  timestamp,
  uuid,
} from "../../src/contract/column.ts";
import { defineTable } from "../../src/contract/table.ts";
import { ExactReader } from "../../src/decode/exact.ts";
import { formatValue } from "../../src/types/column-type.ts";
import { decode } from "../support/decoding.ts";

/** What both paths make of a value: its canonical text, null, or the rule that it breaks. */
async function read(column: Column, value: string): Promise<string | null> {
  const table = defineTable<Readonly<Record<string, Column>>>({
    name: "t",
    columns: { value: column },
  });
  const record = `{"value":${value}}`;
  const verdict = new ExactReader(table).read(record);
  const { rows, refused } = await decode(table, [Buffer.from(record)]);
  if (verdict.outcome !== "row") {
    expect(rows).toEqual([]);
    return verdict.outcome === "refused" ? verdict.reasons[0].rule : "dropped";
  }
  expect(refused).toEqual([]);
  expect(rows).toEqual([verdict.values]);
  const [found = null] = verdict.values;
  return found === null ? null : formatValue(column.spec.type, found);
}

const leapDay = "2024-02-29T12:34:56.000000Z";

describe("a number of an epoch", () => {
  it.each<[Column, string, string]>([
    [timestamp().epoch("s"), "1709210096", leapDay],
    [timestamp().epoch("ms"), "1709210096000", leapDay],
    [timestamp().epoch("us"), "1709210096000000", leapDay],
    [timestamp().epoch("ns"), "1709210096000000000", leapDay],
    [timestamp().epoch("s"), "1709210096.123456", "2024-02-29T12:34:56.123456Z"],
    // Python's time.time() has seven places. What is finer than a microsecond is cut off.
    [timestamp().epoch("s"), "1709210096.1234567", "2024-02-29T12:34:56.123456Z"],
    [timestamp().epoch("ns"), "1709210096123456789", "2024-02-29T12:34:56.123456Z"],
    [timestamp().epoch("ms"), "1.709210096e12", leapDay],
    [timestamp().epoch("ms"), "-1", "1969-12-31T23:59:59.999000Z"],
    [timestamp().epoch("ns"), "-1", "1969-12-31T23:59:59.999999Z"],
    [timestamp().epoch("ms"), "0", "1970-01-01T00:00:00.000000Z"],
    [timestamp().epoch("ms"), "253402300799999", "9999-12-31T23:59:59.999000Z"],
    [timestamp().epoch("ms"), "-62135596800000", "0001-01-01T00:00:00.000000Z"],
    [timestamp().epoch("ms").coerce(), '"1709210096000"', leapDay],
    [date().epoch("d"), "19782", "2024-02-29"],
    [date().epoch("ms"), "1709210096000", "2024-02-29"],
    [date().epoch("s"), "-1", "1969-12-31"],
  ])("%#: %s is %s", async (column, sent, expected) => {
    expect(await read(column, sent)).toBe(expected);
  });

  it.each<[Column, string, string]>([
    [timestamp().epoch("ms"), "253402300800000", "out_of_range"],
    [timestamp().epoch("ms"), "-62135596800001", "out_of_range"],
    [timestamp().epoch("s"), "1709210096000", "out_of_range"],
    [timestamp().epoch("s"), "1e400", "out_of_range"],
    [timestamp().epoch("ms"), '"1709210096000"', "wrong_type"],
    [timestamp().epoch("ms"), '"2024-02-29T12:34:56Z"', "wrong_type"],
    [timestamp().epoch("ms").coerce(), '"12x"', "wrong_type"],
    [timestamp().epoch("ms"), "true", "wrong_type"],
    [date().epoch("d"), "19782.5", "wrong_type"],
    [timestamp(), "1709210096000", "wrong_type"],
  ])("%#: %s breaks %s", async (column, sent, rule) => {
    expect(await read(column, sent)).toBe(rule);
  });

  it("in another unit is refused with a guess which one", () => {
    const table = defineTable({ name: "t", columns: { at: timestamp().epoch("s") } });
    const verdict = new ExactReader(table).read('{"at":1709210096000}');
    expect(verdict).toMatchObject({
      reasons: [{ message: expect.stringMatching(/9999.*are these milliseconds\?/) }],
    });
  });
});

describe("a time without an offset", () => {
  it.each<[Column, string, string]>([
    [timestamp().assumeUtc(), '"2024-02-29T12:34:56"', leapDay],
    [timestamp().assumeUtc(), '"2024-02-29 12:34:56.5"', "2024-02-29T12:34:56.500000Z"],
    [timestamp().assumeUtc(), '"2024-02-29T13:34:56+01:00"', leapDay],
    [timestamp().assumeOffset("+05:30"), '"2024-02-29T18:04:56"', leapDay],
    [timestamp().assumeOffset("-01:00"), '"2024-02-29T12:34:56Z"', leapDay],
    [timestamp(), '"2024-02-29T12:34:56"', "wrong_type"],
    [timestamp().assumeUtc(), '"2024-02-30T12:34:56"', "impossible_date"],
    [timestamp().assumeUtc(), '"2024-02-29"', "wrong_type"],
    [date().fromTimestamp(), '"2024-02-29T23:30:00-05:00"', "2024-03-01"],
    [date().fromTimestamp(), '"2024-02-29T23:30:00"', "wrong_type"],
    [date().fromTimestamp().assumeUtc(), '"2024-02-29T23:30:00"', "2024-02-29"],
    [date().fromTimestamp(), '"2024-02-29"', "wrong_type"],
    [date(), '"2024-02-29T23:30:00Z"', "wrong_type"],
  ])("%#: %s is %s", async (column, sent, expected) => {
    expect(await read(column, sent)).toBe(expected);
  });
});

describe("a pattern", () => {
  it.each<[Column, string, string]>([
    [date().parse("dd/MM/yyyy"), '"29/02/2024"', "2024-02-29"],
    [date().parse("dd/MM/yyyy"), '"2024-02-29"', "wrong_type"],
    [date().parse("dd/MM/yyyy"), '"9/2/2024"', "wrong_type"],
    [date().parse("dd/MM/yyyy"), '"30/02/2024"', "impossible_date"],
    [date().parse("dd/MM/yyyy"), '" 29/02/2024"', "wrong_type"],
    [date().parse("dd/MM/yyyy").trim(), '" 29/02/2024"', "2024-02-29"],
    [date().parse("d.M.yyyy"), '"9.2.2024"', "2024-02-09"],
    [date().parse("yyyyMMdd"), '"20240229"', "2024-02-29"],
    [date().parse("yyyyMMdd"), "20240229", "wrong_type"],
    [date().parse("MMM d, yyyy"), '"Feb 9, 2024"', "2024-02-09"],
    [date().parse("d MMMM yyyy"), '"9 february 2024"', "2024-02-09"],
    [date().parse("dd/MM/yyyy", "yyyy-MM-dd"), '"2024-02-29"', "2024-02-29"],
    [timestamp().parse("dd/MMM/yyyy:HH:mm:ss XX"), '"29/Feb/2024:13:34:56 +0100"', leapDay],
    [timestamp().parse("yyyy-MM-dd'T'HH:mm:ss.SSSXXX"), '"2024-02-29T12:34:56.000Z"', leapDay],
    [timestamp().parse("yyyyMMddHHmmss").assumeUtc(), '"20240229123456"', leapDay],
    [
      timestamp().parse("M/d/yyyy h:mm a").assumeOffset("+01:00"),
      '"2/29/2024 12:05 am"',
      "2024-02-28T23:05:00.000000Z",
    ],
    [timestamp().parse("M/d/yyyy h:mm a").assumeUtc(), '"2/29/2024 13:05 PM"', "impossible_date"],
    [
      date().fromTimestamp().parse("dd/MM/yyyy HH:mm").assumeUtc(),
      '"29/02/2024 23:59"',
      "2024-02-29",
    ],
  ])("%#: %s is %s", async (column, sent, expected) => {
    expect(await read(column, sent)).toBe(expected);
  });
});

describe("a string", () => {
  it.each<[Column, string, string | null]>([
    [string().trim(), '"  a b\\t\\u00a0"', "a b"],
    [string().lower(), '"ÄB"', "äb"],
    [string().upper().accepts("EUR"), '"eur"', "EUR"],
    [
      string()
        .trim()
        .lower()
        .pattern(/^[a-z]+$/),
      '" Ab "',
      "ab",
    ],
    [
      string()
        .lower()
        .pattern(/^[a-z]+$/),
      '"a1"',
      "pattern",
    ],
    [string().map({ "1": "new", old: "used" }), '"1"', "new"],
    [string().map({ "1": "new", old: "used" }), "1", "new"],
    [string().map({ "1": "new" }), "1.0", "wrong_type"],
    [string().map({ "1": "new" }), '"2"', "2"],
    [string().map({ "1": "new" }).accepts("new"), '"2"', "accepted_values"],
    [string().map({ "n/a": null }), '"n/a"', null],
    [string().map({ "n/a": null }).notNull(), '"n/a"', "missing"],
    [string().map({ "n/a": null }).default("none"), '"n/a"', "none"],
    [string().trim().lower().map({ "n/a": null }), '" N/A"', null],
    [string().map({ description: "d" }), '"description"', "d"],
    [string().coerce(), "1e2", "1e2"],
    [string().coerce(), "12.50", "12.50"],
    [string().coerce(), "12345678901234567890.10", "12345678901234567890.10"],
    [string().coerce(), "-0", "-0"],
    [string().coerce(), "true", "true"],
    [string().coerce(), '"007"', "007"],
    [string().coerce(), "{}", "wrong_type"],
    [string().coerce(), "[1]", "wrong_type"],
    [string().coerce().pattern(/^\d+$/), "1.5", "pattern"],
    [string().coerce().lower(), "1E2", "1e2"],
    [string(), "7", "wrong_type"],
    [string().trim(), '"\\ud800 "', "lone_surrogate"],
    [boolean().map({ yes: true, no: false, "1": true, "0": false }), '"no"', "false"],
    [boolean().map({ yes: true, "1": true, "0": false }), "0", "false"],
    [boolean().lower(), '"TRUE"', "true"],
    [decimal(8, 2).trim(), '" 12.5 "', "12.50"],
    [decimal(8, 2), '" 12.5 "', "wrong_type"],
    [decimal(8, 2).map({ "": null }), '""', null],
    [int64().map({ "-1": null }), "-1", null],
    [int32().default(5), "null", "5"],
    [
      uuid().trim(),
      '" F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6"',
      "f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
    ],
  ])("%#: %s is %s", async (column, sent, expected) => {
    expect(await read(column, sent)).toBe(expected);
  });
});

/** Calls whose arguments are not type-checked. */
interface Loose {
  (...given: readonly unknown[]): Loose;
  readonly [method: string]: Loose;
}
const loose = (column: unknown): Loose => column as Loose;

describe("a mistake", () => {
  it.each<[string, () => unknown, RegExp, RegExp]>([
    ["a unit", () => loose(timestamp())["epoch"]?.("sec"), /unit of epoch\(\)/, /mean s\?/],
    ["days", () => loose(timestamp())["epoch"]?.("d"), /can't be "d"/, /mean s\?/],
    ["no unit", () => loose(timestamp())["epoch"]?.(), /missing/, /s, ms, us, ns/],
    [
      "a type",
      () => loose(int64())["epoch"]?.("ms"),
      /int64 can't have epoch\(\)/,
      /date, timestamp/,
    ],
    ["an offset", () => timestamp().assumeOffset("Europe/Berlin"), /"Europe\/Berlin"/, /\+05:30/],
    ["a range of offsets", () => timestamp().assumeOffset("+25:00"), /"\+25:00"/, /\+05:30/],
    ["a date's offset", () => date().assumeUtc(), /date has no offset/, /fromTimestamp\(\)/],
    ["an epoch's offset", () => timestamp().epoch("s").assumeUtc(), /no offset/, /Remove one/],
    [
      "two spellings",
      () => timestamp().epoch("s").parse("dd/MM/yyyy HH:mm XXX"),
      /parse/,
      /Remove/,
    ],
    ["days of a timestamp", () => date().epoch("d").fromTimestamp(), /no time/, /Remove/],
    ["coerce() of a time", () => timestamp().coerce(), /no epoch/, /epoch\("ms"\)/],
    ["no pattern", () => date().parse(), /no pattern/, /dd\/MM\/yyyy/],
    [
      "a number as a pattern",
      () => loose(date())["parse"]?.(7),
      /pattern of parse\(\) is 7/,
      /string/,
    ],
    ["yy", () => date().parse("dd/MM/yy"), /yy, which mean nothing/, /Write yyyy/],
    ["unknown letters", () => date().parse("DD/MM/YYYY"), /DD, which mean nothing/, /yyyy, MMMM/],
    ["a field twice", () => date().parse("dd/dd/yyyy MM"), /the day twice/, /Remove/],
    ["no month", () => date().parse("dd/yyyy"), /no month/, /dd\/MM\/yyyy/],
    ["a time in a date", () => date().parse("dd/MM/yyyy HH:mm"), /time of day/, /fromTimestamp/],
    ["a date in a timestamp", () => timestamp().parse("dd/MM/yyyy"), /no time of day/, /HH:mm/],
    ["no offset", () => timestamp().parse("dd/MM/yyyy HH:mm"), /which moment/, /assumeUtc/],
    [
      "minutes alone",
      () => timestamp().parse("dd/MM/yyyy mm").assumeUtc(),
      /minute, but no hour/,
      /HH/,
    ],
    ["half a day", () => timestamp().parse("dd/MM/yyyy hh:mm").assumeUtc(), /no a/, /AM and PM/],
    ["an open quote", () => date().parse("dd/MM/yyyy'T"), /quote/, /another/],
    ["an empty map", () => string().map({}), /no values/, /remove map/],
    ["a list as a map", () => loose(string())["map"]?.(["a"]), /not a list/, /yes: true/],
    ["a map's object", () => loose(string())["map"]?.({ a: {} }), /an object/, /string, a number/],
    ["a map's type", () => int32().map({ a: "b" }), /invalid int32 for "a"/, /Write a valid int32/],
    [
      "a map's case",
      () => string().lower().map({ A: "x" }),
      /"A", which no value is after lower/,
      /"a"/,
    ],
    ["an accepted case", () => string().lower().accepts("EUR"), /accepts "EUR"/, /Accept "eur"/],
    ["json", () => loose(timestamp())["lowercase"]?.(), /no method lowercase/, /mean lower\?/],
    ["an argument", () => loose(string())["trim"]?.("x"), /does not take "x"/, /Remove it/],
  ])("in %s is told", (_, column, problem, hint) => {
    const define = () =>
      defineTable<Readonly<Record<string, Column>>>({
        name: "t",
        columns: { value: column() as Column },
      });
    expect(define).toThrow(problem);
    expect(define).toThrow(hint);
    expect(define).toThrow(/^t\.value: /);
  });
});
