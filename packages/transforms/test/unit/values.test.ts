/** Which strings each type accepts, compared with JavaScript's own BigInt, Number and Date. */
import { runs } from "@lakehouse/testing/property";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatValue, parseLiteral, parseText } from "../../src/types/column-type.ts";
import type { Parsed } from "../../src/types/parsed.ts";
import type { ColumnType } from "../../src/types/types.ts";
import { columnType, numberText, oddDate, oddTime, typedValue } from "../support/generators.ts";

/** The value, or the rule that the string breaks. */
const outcome = <T>(parsed: Parsed<T>): T | string => (parsed.ok ? parsed.value : parsed.rule);

const typeAndValue = columnType.chain((type) => fc.tuple(fc.constant(type), typedValue(type)));

const parseDecimal = (text: string, precision: number, scale: number) =>
  parseText({ kind: "decimal", precision, scale }, text);

describe("a value of any type", () => {
  it("is read back from its canonical text", () => {
    fc.assert(
      fc.property(typeAndValue, ([type, value]) => {
        expect(parseText(type, formatValue(type, value))).toEqual({ ok: true, value });
      }),
      runs(2_000),
    );
  });

  it("can be written in a contract as its canonical text", () => {
    fc.assert(
      fc.property(typeAndValue, ([type, value]) => {
        expect(parseLiteral(type, formatValue(type, value))).toEqual({ ok: true, value });
      }),
      runs(500),
    );
  });
});

/** A number's text as a fraction, by BigInt arithmetic alone; undefined for huge numbers. */
function fraction(text: string): { numerator: bigint; denominator: bigint } | undefined {
  const [mantissa = "", exponent = "0"] = text.toLowerCase().split("e");
  const [whole = "", places = ""] = mantissa.split(".");
  if (Math.abs(Number(exponent)) > 1_000) {
    return undefined;
  }
  const digits = BigInt(whole + places);
  const power = BigInt(exponent) - BigInt(places.length);
  return power >= 0n
    ? { numerator: digits * 10n ** power, denominator: 1n }
    : { numerator: digits, denominator: 10n ** -power };
}

describe("a number's text", () => {
  const unsigned = numberText.map((text) => text.replace("-", ""));

  it("is a decimal exactly if it is a whole number of the decimal's units, and fits", () => {
    fc.assert(
      fc.property(
        unsigned,
        fc.constantFrom("", "-", "00"),
        fc.integer({ min: 1, max: 38 }).chain((p) => fc.tuple(fc.constant(p), fc.nat(p))),
        (text, prefix, [precision, scale]) => {
          const exact = fraction(text);
          fc.pre(exact !== undefined);
          const units = exact.numerator * 10n ** BigInt(scale);
          const size = units / exact.denominator;
          const expected =
            units % exact.denominator !== 0n
              ? "too_many_decimal_places"
              : size >= 10n ** BigInt(precision)
                ? "out_of_range"
                : prefix === "-"
                  ? -size
                  : size;
          expect(outcome(parseDecimal(prefix + text, precision, scale))).toBe(expected);
        },
      ),
      runs(2_000),
    );
  });

  it("is an integer exactly if it is whole, and fits", () => {
    fc.assert(
      fc.property(
        unsigned,
        fc.constantFrom("", "-", "00"),
        fc.constantFrom(32, 64),
        (text, prefix, bits) => {
          const exact = fraction(text);
          fc.pre(exact !== undefined);
          const size = exact.numerator / exact.denominator;
          const value = prefix === "-" ? -size : size;
          const isWhole = exact.numerator % exact.denominator === 0n;
          const fits = value >= -(2n ** BigInt(bits - 1)) && value < 2n ** BigInt(bits - 1);
          const found = outcome(
            parseText({ kind: bits === 32 ? "int32" : "int64" }, prefix + text),
          );
          expect(found).toBe(isWhole ? (fits ? value : "out_of_range") : "wrong_type");
        },
      ),
      runs(2_000),
    );
  });

  it("is the nearest float, unless that is infinite, or zero for a number that is not", () => {
    fc.assert(
      fc.property(numberText, (text) => {
        const value = Number(text);
        const lost = !Number.isFinite(value) || (value === 0 && /^-?[0.]*[1-9]/.test(text));
        expect(outcome(parseText({ kind: "float64" }, text))).toBe(
          lost ? "out_of_range" : value + 0,
        );
      }),
      runs(1_000),
    );
  });

  it.each([
    "",
    " ",
    "-",
    ".",
    "1.",
    ".5",
    "+1",
    "--1",
    "1e",
    "1e+",
    "0x10",
    "1_000",
    "12,50",
    "1 ",
    " 1",
    "NaN",
    "Infinity",
    "١",
    "1\n",
  ])("%j is not a number", (text) => {
    for (const type of ["int32", "int64", "float64"] as const) {
      expect(outcome(parseText({ kind: type }, text))).toBe("wrong_type");
    }
    expect(outcome(parseDecimal(text, 10, 2))).toBe("wrong_type");
  });

  it("is read quickly, however long it is", () => {
    const million = 1_000_000;
    const began = performance.now();
    for (const text of [
      `1${"0".repeat(million)}1`,
      `1.${"0".repeat(million)}1`,
      "9".repeat(million),
      `${"1".repeat(million)}x`,
      `1e${"9".repeat(million)}`,
    ]) {
      for (const type of ["int32", "int64", "float64"] as const) {
        parseText({ kind: type }, text);
      }
      const parsed = parseDecimal(text, 38, 10);
      expect(parsed.ok ? "" : parsed.message.length).toBeLessThan(200);
    }
    expect(performance.now() - began).toBeLessThan(2_000);
  });
});

/** Days since 1970-01-01 by Date, which reads a date that does not exist as another date or as invalid. */
function dayByDate(text: string): bigint | string {
  const time = Date.parse(`${text}T00:00:00Z`);
  const exists = !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
  return exists && !text.startsWith("0000") ? BigInt(time / 86_400_000) : "impossible_date";
}

describe("a date's text", () => {
  const type: ColumnType = { kind: "date" };

  it("is a date exactly if the calendar has it", () => {
    fc.assert(
      fc.property(oddDate, (text) => {
        expect(outcome(parseText(type, text))).toBe(dayByDate(text));
      }),
      runs(1_500),
    );
  });

  it("is right for every day of 400 years", () => {
    const wrong: string[] = [];
    for (let days = -25_567n; days < 120_530n; days++) {
      const text = new Date(Number(days) * 86_400_000).toISOString().slice(0, 10);
      if (outcome(parseText(type, text)) !== days) {
        wrong.push(text);
      }
    }
    expect(wrong).toEqual([]);
  });

  it.each([
    "",
    "2024-1-01",
    "2024/01/01",
    "20240101",
    "2024-01-01T00:00:00Z",
    " 2024-01-01",
    "2024-01-01\n",
    "24-01-01",
    "-001-01-01",
    "+02024-01-01",
  ])("%j is not a date", (text) => {
    expect(outcome(parseText(type, text))).toBe("wrong_type");
  });
});

describe("a timestamp's text", () => {
  const type: ColumnType = { kind: "timestamp" };

  it("is the moment that Date reads, plus the microseconds", () => {
    fc.assert(
      fc.property(oddDate, oddTime, (date, time) => {
        const match = /^(.{8})(?:\.(\d+))?(Z|z|([+-])(\d\d):?(\d\d))$/.exec(time);
        const found = outcome(parseText(type, `${date}T${time}`));
        if (match === null) {
          expect(found).toBe("wrong_type");
          return;
        }
        const [, clock = "", places = "", , sign, hours = "00", minutes = "00"] = match;
        const day = dayByDate(date);
        const clockExists =
          !Number.isNaN(Date.parse(`1970-01-01T${clock}Z`)) && !clock.startsWith("24");
        if (typeof day === "string" || !clockExists || Number(hours) > 23 || Number(minutes) > 59) {
          expect(found).toBe("impossible_date");
          return;
        }
        if (/[1-9]/.test(places.slice(6))) {
          expect(found).toBe("too_many_decimal_places");
          return;
        }
        const offset = (Number(hours) * 60 + Number(minutes)) * (sign === "-" ? -1 : 1);
        const seconds = BigInt(Date.parse(`${date}T${clock}Z`) / 1_000 - offset * 60);
        const expected = seconds * 1_000_000n + BigInt(places.slice(0, 6).padEnd(6, "0"));
        const year = new Date(Number(seconds) * 1_000).getUTCFullYear();
        expect(found).toBe(year < 1 || year > 9_999 ? "out_of_range" : expected);
      }),
      runs(3_000),
    );
  });

  it.each([
    "",
    "2024-01-01",
    "2024-01-01T00:00:00",
    "2024-01-01T00:00Z",
    "2024-01-01T00:00:00.Z",
    "2024-01-01T00:00:00 Z",
    "1704067200",
    "2024-01-01T00:00:00+5:30",
    "2024-01-01T00:00:00Z\n",
  ])("%j is not a timestamp", (text) => {
    expect(outcome(parseText(type, text))).toBe("wrong_type");
  });
});

describe("a UUID's text", () => {
  const type: ColumnType = { kind: "uuid" };
  const canonical = "f81d4fae-7dec-11d0-a765-00a0c91e6bf6";

  it.each([canonical, canonical.toUpperCase(), "F81d4fae-7dec-11d0-A765-00a0c91e6Bf6"])(
    "%s is one, in lower case",
    (text) => {
      expect(outcome(parseText(type, text))).toBe(canonical);
    },
  );

  it.each([
    "",
    "f81d4fae7dec11d0a76500a0c91e6bf6",
    `{${canonical}}`,
    `urn:uuid:${canonical}`,
    ` ${canonical}`,
    `${canonical}\n`,
    canonical.replace("f", "g"),
    canonical.replaceAll("-", "_"),
    canonical.slice(1),
    "f81d4fa-e7dec-11d0-a765-00a0c91e6bf6",
  ])("%j is none", (text) => {
    expect(outcome(parseText(type, text))).toBe("wrong_type");
  });
});

describe("a literal of a contract", () => {
  it.each<[ColumnType, string | number | bigint | boolean, unknown]>([
    [{ kind: "int64" }, 7, 7n],
    [{ kind: "int64" }, 7n, 7n],
    [{ kind: "int64" }, "007", 7n],
    [{ kind: "int64" }, true, "wrong_type"],
    [{ kind: "int64" }, 7.5, "wrong_type"],
    [{ kind: "decimal", precision: 4, scale: 2 }, 12.5, 1250n],
    [{ kind: "decimal", precision: 4, scale: 2 }, 1e-7, "too_many_decimal_places"],
    [{ kind: "decimal", precision: 38, scale: 0 }, 1e21, 10n ** 21n],
    [{ kind: "float64" }, -0, 0],
    [{ kind: "float64" }, Number.NaN, "wrong_type"],
    [{ kind: "boolean" }, true, true],
    [{ kind: "boolean" }, "false", false],
    [{ kind: "boolean" }, 0, "wrong_type"],
    [{ kind: "string" }, "", ""],
    [{ kind: "string" }, 7, "wrong_type"],
    [{ kind: "date" }, "2024-02-29", 19_782n],
    [{ kind: "date" }, 19_782, "wrong_type"],
    [{ kind: "timestamp" }, "1970-01-01T00:00:00.000001+00:00", 1n],
  ])("of %j: %o", (type, literal, expected) => {
    expect(outcome(parseLiteral(type, literal))).toBe(expected);
  });
});
