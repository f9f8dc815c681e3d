/** The same rows must always give the same model, so functions of clocks, random numbers and settings are refused. */
import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { openEngine } from "../../src/engine/open-engine.ts";
import { scratch } from "../support/lake.ts";

const engine = await openEngine({ directory: await mkdtemp(join(scratch, "outside-")) });
const session = await engine.session();
afterAll(() => {
  session[Symbol.dispose]();
  engine[Symbol.dispose]();
});

async function refusalOf(expression: string): Promise<string | undefined> {
  const { refusal } = await engine.dependencies(`select ${expression} from t`);
  return refusal?.problem;
}

describe("refused expressions", () => {
  test.each([
    // Clocks as functions and as keywords, in any case and place.
    "now()",
    "NOW()",
    "today()",
    "current_localtimestamp()",
    "current_localtime()",
    "get_current_time()",
    "current_date",
    "CURRENT_TIMESTAMP",
    "current_time",
    "localtime",
    "localtimestamp",
    "age(x)",
    "x.age()",
    "main.age(x)",
    "pg_catalog.age(x)",
    "date_diff('day', x, current_date)",
    "list_transform(l, lambda y: y + random())",
    "(select max(age(x)) from u)",
    "sum(x) filter (where x > today())",
    "row_number() over (order by random())",
    // Macros.
    "ago(interval 30 day)",
    "pg_conf_load_time()",
    "pg_postmaster_start_time()",
    "pg_sleep(1)",
    // Random numbers and identifiers.
    "random()",
    "uuid()",
    "uuidv7()",
    "gen_random_uuid()",
    "nextval('s')",
    // Settings and the session.
    "current_setting('TimeZone')",
    "getvariable('x')",
    "current_database()",
    "current_catalog",
    "current_schema",
    "current_query()",
    "txid_current()",
    "version()",
    "stats(x)",
    "in_search_path('a', 'b')",
  ])("%s", async (expression) => {
    expect(await refusalOf(expression)).toMatch(/^it uses \w+, so the same rows would/);
  });

  test("in a common table expression, a join and an ordering", async () => {
    for (const sql of [
      "with recent as (select * from t where day > current_date - 30) from recent",
      "select * from t join u on t.day = u.day and u.day < now()",
      "from t order by random()",
      "from t limit (select extract(day from today()))",
    ]) {
      expect((await engine.dependencies(sql)).refusal?.problem).toMatch(/^it uses/);
    }
  });
});

describe("accepted expressions", () => {
  test.each([
    "age(x, y)",
    "x.age(y)",
    "pi()",
    "error('no')",
    "list_value()",
    "map()",
    "json_object()",
    "struct_pack(a := 1)",
    "count(*)",
    "date_trunc('month', x)",
    "array_append(l, 1)",
    "geomean(x)",
    "user",
    "today",
    "random",
    "t.current_date",
    "row_number() over ()",
    "json_group_object(k, v)",
    "day > (select max(day) from t) - 30",
  ])("%s", async (expression) => {
    expect(await refusalOf(expression)).toBeUndefined();
  });
});

test("every function that the catalog does not call consistent is refused", async () => {
  const functions = await session.rows(
    `select distinct function_name as name, len(parameter_types) as size from duckdb_functions()
     where stability <> 'CONSISTENT' and function_name <> 'error' order by all`,
  );
  expect(functions.length).toBeGreaterThan(20);
  for (const { name, size } of functions) {
    const values = Array.from({ length: Number(size) }, () => "x").join(", ");
    expect([name, await refusalOf(`"${name}"(${values})`)]).toEqual([
      name,
      expect.stringContaining(`it uses ${name}`),
    ]);
  }
});
