/** The engine's SQL for a condition gives what `evaluate` gives. */
import {
  boolean,
  date,
  decimal,
  float64,
  int64,
  string,
  timestamp,
  uuid,
} from "@lakehouse/transforms/contract/column";
import { type Condition, type Row, rowOf } from "@lakehouse/transforms/contract/condition";
import { defineTable } from "@lakehouse/transforms/contract/table";
import { formatValue, parseText } from "@lakehouse/transforms/types/column-type";
import { columnTypes, evaluate } from "@lakehouse/transforms/validate/condition";
import { expect, test } from "vitest";
import { conditionSql } from "../../src/engine/condition-sql.ts";
import { openEngine } from "../../src/engine/open-engine.ts";
import { scratch } from "../support/lake.ts";

const columns = {
  b: boolean(),
  n: int64(),
  m: int64(),
  x: float64(),
  d: decimal(38, 18),
  day: date(),
  at: timestamp(),
  u: uuid(),
  s: string(),
};
type Texts = { readonly [N in keyof typeof columns]?: string };

const low: Texts = {
  b: "false",
  n: "-9223372036854775808",
  m: "0",
  x: "-0.1",
  d: "-99999999999999999999.999999999999999999",
  day: "0001-01-01",
  at: "0001-01-01T00:00:00.000001Z",
  u: "00000000-0000-0000-0000-000000000000",
  s: "it's",
};
const high: Texts = {
  b: "true",
  n: "9223372036854775807",
  m: "9223372036854775807",
  x: "1e308",
  d: "99999999999999999999.999999999999999999",
  day: "9999-12-31",
  at: "9999-12-31T23:59:59.999999Z",
  u: "ffffffff-ffff-ffff-ffff-ffffffffffff",
  s: "%_𝄞\n",
};

const conditions: readonly ((row: Row<typeof columns>) => Condition)[] = [
  (row) => row.b.eq(true).or(row.n.lt(row.m)),
  (row) => row.n.gte("9223372036854775807").and(row.m.isNotNull()),
  (row) => row.x.gt(-0.1).not(),
  (row) => row.x.ne("1e308"),
  (row) => row.d.lte("-99999999999999999999.999999999999999999"),
  (row) => row.d.isIn(["1.5", "99999999999999999999.999999999999999999"]),
  (row) => row.day.eq("0001-01-01"),
  (row) => row.at.lt("9999-12-31T23:59:59.999999Z"),
  (row) => row.u.eq("FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF").or(row.s.isNull()),
  (row) => row.s.startsWith("it'").or(row.s.endsWith("𝄞\n")),
  (row) => row.s.contains("%_").and(row.s.ne("")),
  (row) => row.s.isIn(["it's", "x"]).not(),
];

test("conditions in SQL are what they are in JavaScript, null too", async () => {
  const table = defineTable({ name: "t", columns });
  const typeOf = columnTypes(table);
  using engine = await openEngine({ directory: scratch });
  using session = await engine.session();
  for (const condition of conditions) {
    const { node } = condition(rowOf(columns));
    for (const texts of [low, high, {} as Texts]) {
      const values = table.columns.map(({ name, type }) => {
        const text = texts[name as keyof Texts];
        const parsed = text === undefined ? undefined : parseText(type, text);
        return { name, type, value: parsed?.ok === true ? parsed.value : null };
      });
      const select = values.map(({ name, type, value }) => {
        const text =
          value === null ? "null" : `'${formatValue(type, value).replaceAll("'", "''")}'`;
        return `cast(${text} as ${engine.typeName(type)}) as "${name}"`;
      });
      const [row] = await session.rows(
        `select ${conditionSql(engine, table, node)} as found from (select ${select.join(", ")})`,
      );
      const lookup = (column: string) => values.find(({ name }) => name === column)?.value ?? null;
      expect(row?.["found"], JSON.stringify(node)).toBe(evaluate(node, typeOf, lookup));
    }
  }
});
