/** The fast readers agree with the exact readers, or leave the value to them. */
import { runs } from "@lakehouse/testing/property";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseText } from "../../src/types/column-type.ts";
import { readDays } from "../../src/types/native/date.ts";
import { UNSURE } from "../../src/types/native/plain-number.ts";
import { readMicroseconds } from "../../src/types/native/timestamp.ts";
import type { Parsed } from "../../src/types/parsed.ts";
import type { Scalar } from "../../src/types/value.ts";

const numberOf = (parsed: Parsed<Scalar>): number => (parsed.ok ? Number(parsed.value) : UNSURE);
const padded = (value: number, length: number): string => String(value).padStart(length, "0");

describe("a plain date", () => {
  it("is what the exact reader reads, at the limits of every year and every February", () => {
    for (let year = 0; year <= 9_999; year++) {
      for (const day of ["01-01", "02-28", "02-29", "02-30", "03-01", "04-31", "12-31", "13-01"]) {
        const text = `${padded(year, 4)}-${day}`;
        if (readDays(Buffer.from(text), 0) !== numberOf(parseText({ kind: "date" }, text))) {
          expect.fail(`${text} is read differently`);
        }
      }
    }
  });
});

describe("a plain timestamp", () => {
  it("is what the exact reader reads, to the microsecond and in any year, or is left to it", () => {
    const text = fc
      .record({
        year: fc.oneof(fc.integer({ min: 1, max: 9_999 }), fc.integer({ min: 1_800, max: 2_300 })),
        month: fc.integer({ min: 1, max: 12 }),
        day: fc.integer({ min: 1, max: 28 }),
        seconds: fc.nat(86_399),
        fraction: fc.oneof(
          fc.constant(""),
          fc.nat(999_999).map((micros) => `.${padded(micros, 6)}`),
          fc.nat(999).map((digits) => `.${digits}`),
        ),
        zone: fc.constantFrom("Z", "+00:00", "-23:59", "+05:30"),
      })
      .map(({ year, month, day, seconds, fraction, zone }) => {
        const clock = new Date(seconds * 1_000).toISOString().slice(11, 19);
        return `${padded(year, 4)}-${padded(month, 2)}-${padded(day, 2)}T${clock}${fraction}${zone}`;
      });
    fc.assert(
      fc.property(text, (timestamp) => {
        const found = readMicroseconds(Buffer.from(timestamp), 0, timestamp.length, UNSURE);
        const exact = parseText({ kind: "timestamp" }, timestamp);
        if (found !== UNSURE) {
          expect(exact).toEqual({ ok: true, value: BigInt(found) });
        }
        const year = Number(timestamp.slice(0, 4));
        if (year > 1_900 && year < 2_100) {
          expect(found).not.toBe(UNSURE);
        }
      }),
      runs(2_000),
    );
  });
});
