/** A condition gives the same result for a row in Polars and in the exact path. */
import { runs } from "@lakehouse/testing/property";
import * as arrow from "apache-arrow";
import fc from "fast-check";
import pl from "nodejs-polars";
import { describe, expect, it } from "vitest";
import type { ConditionNode } from "../../src/contract/condition.ts";
import { nativeOf } from "../../src/types/native/native-types.ts";
import type { ColumnType } from "../../src/types/types.ts";
import type { Value } from "../../src/types/value.ts";
import { evaluate } from "../../src/validate/condition.ts";
import { polarsCondition } from "../../src/validate/polars-condition.ts";
import { columnType, conditionOver, literalOf, typedValue } from "../support/generators.ts";

interface Case {
  readonly types: readonly ColumnType[];
  readonly rows: readonly (readonly Value[])[];
  readonly condition: ConditionNode;
}

const nameOf = (i: number): string => `column_${i}`;

const cases: fc.Arbitrary<Case> = fc
  .array(columnType, { minLength: 1, maxLength: 3 })
  // Two columns of each type, so that they can be compared with each other.
  .map((types) => types.flatMap((type) => [type, type]))
  .chain((types) =>
    fc.record({
      types: fc.constant(types),
      // Few values of each type, so that some are equal.
      pools: fc.tuple(
        ...types.map((type) => fc.array(typedValue(type), { minLength: 2, maxLength: 4 })),
      ),
    }),
  )
  .chain(({ types, pools }) => {
    const named = types.map((type, i) => ({ name: nameOf(i), type }));
    const inPool = (i: number) => fc.constantFrom(...(pools[i] ?? []));
    const literal = (type: ColumnType) => literalOf(type, inPool(types.indexOf(type)));
    return fc.record({
      types: fc.constant(types),
      rows: fc.array(fc.tuple(...types.map((_, i) => fc.option(inPool(i & ~1), { freq: 4 }))), {
        minLength: 1,
        maxLength: 20,
      }),
      condition: conditionOver(named, literal),
    });
  });

function frameOf(types: readonly ColumnType[], rows: Case["rows"]): pl.DataFrame {
  const children = types.map((type, i) => {
    const column = { index: i, capacity: rows.length, pattern: undefined };
    const writer = nativeOf(type).writer(column, type);
    rows.forEach((row, at) => {
      writer.exact(row[i] ?? null, at);
    });
    return writer.finish(arrow, rows.length);
  });
  const fields = children.map(({ type }, i) => new arrow.Field(nameOf(i), type, true));
  const type = new arrow.Struct(fields);
  const struct = arrow.makeData({ type, length: rows.length, nullCount: 0, children });
  const batch = new arrow.RecordBatch(new arrow.Schema(fields), struct);
  return pl.readIPC(Buffer.from(arrow.tableToIPC(new arrow.Table([batch]), "file")));
}

describe("a condition", () => {
  it("is true, false or unknown in Polars exactly when it is in the exact path", () => {
    fc.assert(
      fc.property(cases, ({ types, rows, condition }) => {
        const typeOf = (name: string): ColumnType =>
          types[Number(name.replace("column_", ""))] ?? { kind: "json" };
        const exact = rows.map((row) =>
          evaluate(condition, typeOf, (name) => row[Number(name.replace("column_", ""))] ?? null),
        );
        const expression = polarsCondition(condition, typeOf).alias("holds");
        const frame = frameOf(types, rows).withColumn(expression);
        expect(frame.getColumn("holds").toArray()).toEqual(exact);
      }),
      runs(150),
    );
  });
});
