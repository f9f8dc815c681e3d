/** SQL of models as Athena's SQL: what each part becomes, and what is refused, and where. `readers/` compares the values. */
import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { translateQuery } from "../../src/engine/athena/translate/translate.ts";
import type { Engine, Session } from "../../src/engine/engine.ts";
import { openEngine } from "../../src/engine/open-engine.ts";
import { scratch } from "../support/lake.ts";

let engine: Engine;
let session: Session;

beforeAll(async () => {
  engine = await openEngine({ directory: await mkdtemp(join(scratch, "athena-")) });
  session = await engine.session();
  const columns =
    "1::bigint as id, 1::integer as n, 1.5::decimal(18,2) as amount, 1::double as x, 'a' as name, true as flag, " +
    "date '2026-01-01' as day, timestamp '2026-01-01 00:00:00' as moment, '{}'::json as doc, 1::hugeint as big, 1::utinyint as u";
  await session.define("r", { kind: "query", sql: `select ${columns} limit 0` });
});

afterAll(() => {
  session[Symbol.dispose]();
  engine[Symbol.dispose]();
});

async function translated(sql: string): Promise<string> {
  const found = await translateQuery(session, sql);
  expect(found.refusal).toBeUndefined();
  return found.refusal === undefined ? found.sql : "";
}

async function refusal(sql: string) {
  return (await translateQuery(session, sql)).refusal;
}

test("a query keeps its columns, with the types that hold DuckDB's", async () => {
  expect(await translated("select id, sum(n) as total from r group by id order by id")).toBe(
    'SELECT CAST("id" AS BIGINT) AS "id", CAST("total" AS DECIMAL(38, 0)) AS "total"\n' +
      'FROM (SELECT "id" AS "id", sum(CAST("n" AS DECIMAL(38, 0))) AS "total"\n' +
      'FROM "r" AS "r"\n' +
      'GROUP BY "id")',
  );
});

describe("an expression", () => {
  test.each([
    ["id // 7", '("id" / NULLIF(7, 0))'],
    ["big // n", 'CAST(("big" - "big" % NULLIF("n", 0)) / NULLIF("n", 0) AS DECIMAL(38, 0))'],
    ["id / 7", '(CAST("id" AS DOUBLE) / CAST(7 AS DOUBLE))'],
    ["big / n", `+ CAST((CAST("big" AS DECIMAL(38, 0)) - IF(CAST("big" AS DECIMAL(38, 0)) %`],
    ["amount * 2", 'CAST(("amount" * 2) AS DECIMAL(18, 2))'],
    ["n - -1", '("n" - (-1))'],
    ["name || 'it''s'", `("name" || 'it''s')`],
    ["x > 0.5::double", '(is_nan("x") AND NOT is_nan('],
    ["cast(x as integer)", `IF("x" - floor("x") = DOUBLE '0.5', 2 * round("x" / 2), "x")`],
    ["cast(x as decimal(9,2))", `round("x" * DOUBLE '1E2')`],
    ["cast(moment as varchar)", `regexp_replace(CAST("moment" AS VARCHAR), '\\.?0+$')`],
    ["cast(amount as double)", `IF(abs("amount") <= DECIMAL '90071992547409.92'`],
    ["day + interval 1 month", `(CAST("day" AS TIMESTAMP(6)) + INTERVAL '1' MONTH)`],
    ["day - date '2026-01-31'", `date_diff('day', DATE '2026-01-31', "day")`],
    ["date_diff('month', day, moment)", `date_trunc('month', CAST("day" AS TIMESTAMP(6)))`],
    ["moment >= '2026-01-31'", `("moment" >= TIMESTAMP '2026-01-31 00:00:00.000000')`],
    ["replace(name, name, 'x')", `IF("name" = '', IF('x' IS NULL, NULL, "name"), replace(`],
    ["split_part(name, '/', 2)", `COALESCE(split_part("name", '/', 2), '')`],
    ["greatest(n, 3)", 'greatest(COALESCE("n", 3), COALESCE(3, "n"))'],
    ["regexp_matches(name, '^\\d.$')", `regexp_like("name", '^[0-9][^\\n]\\z')`],
    ["regexp_replace(name, '(a)', '$\\1', 'g')", `regexp_replace("name", '(a)', '\\$$1')`],
    ["doc->>'$.a'", `json_extract_scalar("doc", '$.a')`],
    ["case when flag then n else 2.5 end", 'THEN CAST("n" AS DECIMAL(11, 1))'],
    ["'{$1}' || name", `('{$1}' || "name")`],
  ])("%s", async (sql, athena) => {
    expect(await translated(`select ${sql} as c from r`)).toContain(athena);
  });

  test.each([
    ["avg(amount)", `/ (CAST(count("amount") AS DOUBLE) * DOUBLE '1E2'))`],
    ["sum(n) filter (where flag)", 'sum(CAST("n" AS DECIMAL(38, 0))) FILTER (WHERE "flag")'],
    ["count_if(flag)", 'IF(count(*) = 0, NULL, count_if("flag"))'],
    [
      "arg_max(name, (day, id))",
      'max_by("name", ROW("day", "id")) FILTER (WHERE "name" IS NOT NULL)',
    ],
    [
      "string_agg(distinct name, ',' order by name)",
      'array_agg(DISTINCT "name" ORDER BY "name" ASC NULLS LAST)',
    ],
    ["max(x)", 'IF(COALESCE(bool_or(is_nan("x")), FALSE), nan(), max("x"))'],
    [
      "sum(n) over (order by day range between interval 6 days preceding and current row)",
      "RANGE BETWEEN INTERVAL '6' DAY PRECEDING AND CURRENT ROW)",
    ],
    [
      "lag(n, 2, 0) over (partition by flag order by id desc)",
      'lag("n", 2, 0) OVER (PARTITION BY "flag" ORDER BY "id" DESC NULLS LAST)',
    ],
  ])("%s", async (sql, athena) => {
    expect(await translated(`select ${sql} as c from r`)).toContain(athena);
  });
});

describe("what is not certain to be the same is refused, with its place and a hint", () => {
  test.each([
    [
      "median(",
      "select id, median(n) as m from r group by id",
      "median(…) is not known",
      "Leave this model to DuckDB",
    ],
    [
      "list(",
      "select 'ü' as u, list(name) as l from r",
      "list(…) without an order",
      "list(x order by y)",
    ],
    ["u + 1", "select u + 1 as v from r", "UTINYINT", "Cast it to bigint."],
    [
      "cast(x",
      "select cast(x as varchar) as t from r",
      "cast from DOUBLE to VARCHAR",
      "decimal first",
    ],
    [
      "try_cast",
      "select try_cast(name as date) as t from r",
      "try_cast from VARCHAR to DATE",
      "case when",
    ],
    [
      "cast(name",
      "select cast(name as timestamp) as t from r",
      "VARCHAR to TIMESTAMP",
      "time zone",
    ],
    [
      "date_diff",
      "select date_diff('week', day, moment) as w from r",
      "date_diff(week, DATE, TIMESTAMP)",
      "Known are",
    ],
    [
      "regexp_matches",
      "select regexp_matches(name, '\\bx') as m from r",
      "from \\bx on",
      "characters",
    ],
    ["row_number", "select row_number() over () as n from r", "without an order", "primary key"],
    ["sqrt", "select sqrt(x) as s from r", "sqrt(…)", "rounds"],
    ["r a", "select a.n from r a asof join r b on a.n >= b.n", "ASOF", "row_number()"],
    ["doc->", "select doc->>name as t from r", "computed JSON path", "Write the path"],
    ["foo", "select foo from r", "type of an expression is unknown", "Cast"],
  ])("%s", async (at, sql, problem, hint) => {
    const found = await refusal(sql);
    expect(found?.problem).toContain(problem);
    expect(found?.hint).toContain(hint);
    const isPlaced =
      found?.position === undefined || Math.abs(found.position - sql.indexOf(at)) < 12;
    expect(isPlaced, `${found?.position} in ${sql}`).toBe(true);
  });

  test.each([
    ["select id from r limit 3", "limit without an order"],
    ["select distinct on (id) id, n from r order by id, n", "distinct on"],
    [
      "select -n as n from r qualify row_number() over (order by n, id) = 1",
      "both a column and a name",
    ],
    [
      "with recursive t as (select 1 as i union all select i + 1 from t where i < 3) select i from t",
      "recursive",
    ],
    ["select n from r union by name select n from r", "UNION_BY_NAME"],
    ["select n from r union select id from r", "another type"],
    ["select * from r tablesample 10%", "sample"],
    ["select a.n from r a join r b using (id)", "using"],
    ["select n from r as a semi join r as b on a.id = b.id", "SEMI"],
    ["select id, n as ID from r", "two columns have the name id"],
    ["select columns('n.*') from r", "columns"],
    ["select", "not one SELECT"],
  ])("%s", async (sql, problem) => {
    expect((await refusal(sql))?.problem).toContain(problem);
  });

  test("the place is a character, also after characters of several bytes", async () => {
    const sql = "select '👍ü' as u,\n  median(n) as m from r";
    expect((await refusal(sql))?.position).toBe(sql.indexOf("median"));
  });
});

test.each([
  ["sum(x)", ["adds up doubles"]],
  ["sum(n)", []],
  ["avg(amount)", ["15 digits"]],
  ["stddev(n)", ["adds up doubles"]],
  ["arg_max(name, n)", ["equal in it"]],
  ["row_number() over (order by day)", ["equal in it"]],
  ["rank() over (order by day)", []],
])("%s warns of what may differ between two right results", async (sql, expected) => {
  const found = await translateQuery(session, `select ${sql} as c from r`);
  const warnings = found.refusal === undefined ? found.warnings : ["refused"];
  expect(warnings.map((warning, index) => warning.includes(expected[index] ?? "none"))).toEqual(
    expected.map(() => true),
  );
});

test("names of the list stand for their expressions, where they are no columns", async () => {
  const sql = await translated("select n * 2 as twice, twice + 1 as more from r where twice > 4");
  expect(sql).toContain('(("n" * 2) + 1) AS "more"');
  expect(sql).toContain('WHERE (("n" * 2) > 4)');
});

test("a join on the right side is one relation", async () => {
  const sql = "select a.id from r a left join (r b cross join r c) on a.id = b.id and a.n = c.n";
  expect(await translated(sql)).toContain(
    '"r" AS "a" LEFT JOIN ("r" AS "b" CROSS JOIN "r" AS "c") ON',
  );
});

test("a subquery that names what is around it", async () => {
  const sql = "select id from r where exists (select 1 from r as other where other.n > r.n)";
  expect(await translated(sql)).toContain(
    'WHERE EXISTS (SELECT 1 AS "__column_1"\nFROM "r" AS "other"',
  );
});
