/** Every bound in the metadata is outside the values, also for readers that round or cut it. */

import { runs } from "@lakehouse/testing/property";
import type { Side } from "@lakehouse/transforms/types/bounds";
import { formatValue } from "@lakehouse/transforms/types/column-type";
import { type ColumnType, definitionOf, exampleTypes } from "@lakehouse/transforms/types/types";
import type { Scalar } from "@lakehouse/transforms/types/value";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { DataFile } from "../../src/data-file.ts";
import { statisticsOf } from "../../src/delta/statistics.ts";
import { metricsOf } from "../../src/iceberg/metrics.ts";
import { column, limitsOf } from "../support/tables.ts";

const oddPoints = fc.constantFrom(0x10ffff, 0xffff, 0xd7ff, 0xe000, 0x7a);

/** Any value of a type, its limits more often than others. */
function anyValue(type: ColumnType): fc.Arbitrary<Scalar> {
  const definition = definitionOf(type);
  const limits = definition.extremes(type);
  const [least, greatest] = limits;
  const others = (): fc.Arbitrary<Scalar> => {
    switch (type.kind) {
      case "boolean":
        return fc.boolean();
      case "float64":
        return fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
      case "uuid":
        return fc.uuid();
      case "json":
        return fc.constantFrom(...limits);
      case "string":
        return fc
          .array(
            fc.oneof(
              fc.nat({ max: 0xd7ff }),
              fc.integer({ min: 0xe000, max: 0x10ffff }),
              oddPoints,
            ),
            {
              maxLength: 50,
            },
          )
          .map((points) => String.fromCodePoint(...points));
      default:
        return fc.bigInt(BigInt(least as bigint), BigInt(greatest as bigint));
    }
  };
  return fc.oneof(fc.constantFrom(...limits), others());
}

/** The order in which readers compare. Text is in the order of its bytes. */
function compare(a: Scalar, b: Scalar): number {
  if (typeof a === "string" && typeof b === "string") {
    return Buffer.compare(Buffer.from(a), Buffer.from(b));
  }
  return a < b ? -1 : Number(a > b);
}

function fileOf(type: ColumnType, values: readonly Scalar[]): DataFile {
  const sorted = values.toSorted(compare).map((value) => formatValue(type, value));
  const [min, max] = [sorted[0], sorted.at(-1)];
  return {
    path: "a.parquet",
    partition: "",
    rows: values.length,
    bytes: 100,
    columns: { c: { nulls: 0, min, max } },
  };
}

/** The bounds in Delta's statistics, as JSON. */
function deltaBounds(type: ColumnType, file: DataFile): Readonly<Record<Side, string | undefined>> {
  const text = statisticsOf([column(1, "c", type)], file);
  const found = /"minValues":\{(?:"c":(.*))?\},"maxValues":\{(?:"c":(.*))?\},"nullCount"/su.exec(
    text,
  );
  JSON.parse(text);
  return { lower: found?.[1], upper: found?.[2] };
}

/** What a reader of Delta makes of a bound, on the scale of the type's values. */
function readDelta(type: ColumnType, json: string): Scalar {
  switch (type.kind) {
    case "decimal":
      // As Trino does: through a double.
      return Number(json) * 10 ** type.scale;
    case "timestamp":
      return BigInt(Date.parse(JSON.parse(json))) * 1000n;
    case "date":
      return BigInt(Date.parse(JSON.parse(json)) / 86_400_000);
    case "int32":
    case "int64":
      return BigInt(json);
    default:
      return JSON.parse(json);
  }
}

/** What a reader of Iceberg makes of a bound. */
function readIceberg(type: ColumnType, bytes: Buffer): Scalar {
  switch (type.kind) {
    case "boolean":
      return bytes[0] === 1;
    case "int32":
    case "date":
      return BigInt(bytes.readInt32LE());
    case "int64":
    case "timestamp":
      return bytes.readBigInt64LE();
    case "float64":
      return bytes.readDoubleLE();
    case "decimal":
      return BigInt.asIntN(bytes.length * 8, BigInt(`0x${bytes.toString("hex")}`));
    default:
      return bytes.toString();
  }
}

function icebergBounds(
  type: ColumnType,
  file: DataFile,
): Readonly<Record<Side, Buffer | undefined>> {
  const schema = { name: "t", description: "", columns: [column(1, "c", type)] };
  const { lower_bounds, upper_bounds } = metricsOf(schema, file);
  return { lower: lower_bounds[0]?.value, upper: upper_bounds[0]?.value };
}

describe.each(exampleTypes.map((type) => [definitionOf(type).name(type), type] as const))(
  "%s",
  (_, type) => {
    test("has bounds outside all values", () => {
      const values = fc.array(anyValue(type), { minLength: 1, maxLength: 5 });
      fc.assert(
        fc.property(values, (all) => {
          const file = fileOf(type, all);
          const delta = deltaBounds(type, file);
          const iceberg = icebergBounds(type, file);
          const bounds = {
            lower: [
              ...(delta.lower === undefined ? [] : [readDelta(type, delta.lower)]),
              ...(iceberg.lower === undefined ? [] : [readIceberg(type, iceberg.lower)]),
            ],
            upper: [
              ...(delta.upper === undefined ? [] : [readDelta(type, delta.upper)]),
              ...(iceberg.upper === undefined ? [] : [readIceberg(type, iceberg.upper)]),
            ],
          };
          for (const value of all) {
            for (const bound of bounds.lower) {
              expect(comparable(bound, value)).toBeLessThanOrEqual(0);
            }
            for (const bound of bounds.upper) {
              expect(comparable(bound, value)).toBeGreaterThanOrEqual(0);
            }
          }
        }),
        runs(100),
      );
    });

    test("has bounds of its limits in Iceberg", () => {
      for (const text of limitsOf(type)) {
        const value = definitionOf(type).parse(text, type);
        const bounds = value.ok ? icebergBounds(type, fileOf(type, [value.value])) : undefined;
        expect(bounds?.lower).toBeDefined();
      }
    });
  },
);

/** A double that came from a decimal may be a fraction off: readers compare doubles. */
function comparable(bound: Scalar, value: Scalar): number {
  return typeof bound === "number" && typeof value === "bigint"
    ? compare(Math.round(bound), Number(value))
    : compare(bound, value);
}

describe("traps", () => {
  const decimal = { kind: "decimal", precision: 18, scale: 2 } as const;

  function both(type: ColumnType, min: string, max: string) {
    const file: DataFile = {
      path: "a.parquet",
      partition: "",
      rows: 1,
      bytes: 1,
      columns: { c: { nulls: 0, min, max } },
    };
    return { delta: deltaBounds(type, file), iceberg: icebergBounds(type, file) };
  }

  test("a decimal that a double can't hold has no bound in Delta", () => {
    expect(both(decimal, "-9999999999999999.99", "9999999999999.99").delta).toEqual({
      lower: undefined,
      upper: "9999999999999.99",
    });
  });

  test("a decimal below one has its zero", () => {
    const type = { kind: "decimal", precision: 1, scale: 1 } as const;
    expect(both(type, "-0.9", "0.9").delta).toEqual({ lower: "-0.9", upper: "0.9" });
  });

  test("text that is not canonical is no bound", () => {
    const type = { kind: "decimal", precision: 1, scale: 1 } as const;
    expect(both(type, "-.9", ".9").delta).toEqual({ lower: undefined, upper: undefined });
  });

  test("an integer is written digit by digit", () => {
    const { delta } = both({ kind: "int64" }, "9007199254740993", "9223372036854775807");
    expect(delta).toEqual({ lower: "9007199254740993", upper: "9223372036854775807" });
  });

  test("an upper bound in year 10000 is left out", () => {
    const [type, last] = [{ kind: "timestamp" } as const, "9999-12-31T23:59:59.999001Z"];
    const { delta, iceberg } = both(type, last, last);
    expect(delta).toEqual({ lower: '"9999-12-31T23:59:59.999Z"', upper: undefined });
    expect(iceberg.upper).toBeDefined();
  });

  test("a timestamp's bounds are the milliseconds around it, also before 1970", () => {
    const text = "1969-12-31T23:59:59.999999Z";
    expect(both({ kind: "timestamp" }, text, text).delta).toEqual({
      lower: '"1969-12-31T23:59:59.999Z"',
      upper: '"1970-01-01T00:00:00.000Z"',
    });
  });

  test.each(["0", "-0.0"])("zero includes -0.0 (%s)", (zero) => {
    const { delta, iceberg } = both({ kind: "float64" }, zero, zero);
    expect(delta).toEqual({ lower: "-0.0", upper: "0.0" });
    expect(iceberg.lower?.readDoubleLE()).toBe(-0);
    expect(iceberg.upper?.readDoubleLE()).toBe(0);
  });

  test.each(["nan", "NaN", "inf", "-inf", "Infinity"])("%s is no bound", (text) => {
    const { delta, iceberg } = both({ kind: "float64" }, text, text);
    expect([delta, iceberg]).toEqual(Array(2).fill({ lower: undefined, upper: undefined }));
  });

  test("long text is cut at whole characters, and the upper bound is above it", () => {
    const { delta, iceberg } = both({ kind: "string" }, "😀".repeat(40), "😀".repeat(40));
    expect(delta).toEqual({ lower: `"${"😀".repeat(32)}"`, upper: `"${"😀".repeat(31)}😁"` });
    expect(iceberg.lower?.toString()).toBe("😀".repeat(16));
    expect(iceberg.upper?.toString()).toBe(`${"😀".repeat(15)}😁`);
  });

  test("no text is above the last character", () => {
    const last = "\u{10ffff}".repeat(40);
    expect(both({ kind: "string" }, last, last)).toMatchObject({
      delta: { upper: undefined },
      iceberg: { upper: undefined },
    });
    const next = `\ud7ff${last}`;
    expect(both({ kind: "string" }, next, next).delta.upper).toBe('"\ue000"');
  });

  test("a column that a file lacks has only nulls", () => {
    const file: DataFile = { path: "a.parquet", partition: "", rows: 7, bytes: 1, columns: {} };
    expect(statisticsOf([column(1, "c", decimal)], file)).toBe(
      '{"numRecords":7,"minValues":{},"maxValues":{},"nullCount":{"c":7}}',
    );
  });
});
