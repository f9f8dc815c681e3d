/**
 * A program that calls every function of DuckDB's catalog on constants, and prints the values as JSON. Run in two
 * environments, it shows which functions depend on more than their arguments.
 *
 * It runs its arguments, which are statements, first. Calls come from stdin as JSON, or it finds
 * some for each function.
 */
import { text } from "node:stream/consumers";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";

/** A call, and its value or error. */
export interface CalledFunction {
  readonly name: string;
  /** The number of its arguments. */
  readonly size: number;
  readonly call: string;
  readonly value: string;
}

/** What the program prints. */
export interface CatalogValues {
  readonly called: readonly CalledFunction[];
  /** Functions that no call fits, with DuckDB's error. */
  readonly uncalled: Readonly<Record<string, string>>;
}

const numbers = [
  ["BIGINT", "INTEGER", "SMALLINT", "TINYINT", "HUGEINT"],
  ["UBIGINT", "UINTEGER", "USMALLINT", "UTINYINT", "UHUGEINT"],
].flat();
/** A setting and variable, and a variable of the environment. */
const outsideNames = ["'threads'", "'HOME'"];
/** Values of each type. A function gets the first that it takes, and if that is a name of these, the next ones too. */
const values: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(numbers.map((type) => [type, [`1::${type}`, `2::${type}`]])),
  ...Object.fromEntries(["DOUBLE", "FLOAT"].map((type) => [type, [`0.5::${type}`, `1::${type}`]])),
  ...Object.fromEntries(
    ["DOUBLE", "FLOAT", "BIGINT", "BOOLEAN"].map((type) => [`${type}[]`, [`[1::${type}]`]]),
  ),
  ...Object.fromEntries(
    ["DOUBLE", "FLOAT"].flatMap((type) => [
      [`${type}[ANY]`, [`array_value(1::${type}, 2)`]],
      [`${type}[3]`, [`array_value(1::${type}, 2, 3)`]],
    ]),
  ),
  VARCHAR: [
    ...outsideNames,
    "'2000-02-03'",
    "'a'",
    "'day'",
    "'sum'",
    "'asc'",
    "'UTC'",
    "'1 KB'",
    "'101'",
    `'{"a":1}'`,
    `'"INTEGER"'`,
    "'INTEGER'",
    "'$.a'",
    "'%Y'",
  ],
  "VARCHAR[]": ["['a']", "['year']", "['$.a', '$.b']"],
  JSON: [`'{"a":[1]}'::json`, "json_serialize_sql('select 1')"],
  DATE: ["date '2000-02-03'"],
  TIMESTAMP: ["timestamp '2000-02-03 04:05:06'"],
  TIMESTAMP_NS: ["'2000-02-03 04:05:06'::timestamp_ns"],
  "TIMESTAMP WITH TIME ZONE": ["timestamptz '2000-02-03 04:05:06+00'"],
  TIME: ["time '04:05:06'"],
  TIME_NS: ["'04:05:06'::time_ns"],
  "TIME WITH TIME ZONE": ["timetz '04:05:06+00'"],
  INTERVAL: ["interval 3 days"],
  BLOB: [
    "'ab'::blob",
    "'\\x01\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00'::blob",
  ],
  BIT: ["'101'::bit"],
  BOOLEAN: ["true"],
  BIGNUM: ["3::bignum"],
  DECIMAL: ["1.5::decimal(9, 2)"],
  UUID: ["'019bd7a2-2e00-7000-8000-000000000001'::uuid"],
  GEOMETRY: ["'POINT (1 2)'::geometry"],
  VARIANT: ["3::variant"],
  STRUCT: ["{a: 1, b: 2}", "row(1, 2)"],
  'STRUCT("year" BIGINT, "month" BIGINT, "day" BIGINT)': [
    "{year: 2000::bigint, month: 2::bigint, day: 3::bigint}",
  ],
  "STRUCT(K, V)[]": ["[{k: 'a', v: 1}]"],
  UNION: ["union_value(a := 1)"],
  "MAP(K, V)": ["map {'a': 1}", "map {true: 1}"],
  K: ["'a'"],
  V: ["1"],
  T: ["1", "'a'"],
  ANY: [
    ...outsideNames,
    "1",
    "'a'",
    "[1]",
    "0.5",
    "date '2000-02-03'",
    "timestamp '2000-02-03 04:05:06'",
    "{a: 1}",
    "map {'a': 1}",
    "'a'::enum('a', 'b')",
    "'asc'",
  ],
  "K[]": ["['a']"],
  "V[]": ["[1]"],
  "T[]": ["[1, 2]", "['a']"],
  "T[][]": ["[[1]]"],
  "ANY[]": ["[1, 2]", "[0.5]", "['a']", "[[1]]"],
  LAMBDA: ["lambda x: x = 1", "lambda x, y: x + y"],
};
/** Calls of functions that take no combination of those. */
const special: Readonly<Record<string, readonly string[]>> = {
  bitstring: ["bitstring('101', 3)"],
  cardinality: ["cardinality(map {'a': 1})"],
  create_sort_key: ["create_sort_key(1, 'asc nulls last')"],
  fill: ["fill(1) over (order by range)"],
  map_concat: ["map_concat(map {'a': 1}, map {'b': 1})"],
  parse_duckdb_log_message: ["parse_duckdb_log_message('FileSystem', '{}')"],
  remap_struct: ["remap_struct({a: 1}, null::struct(b integer), {b: 'a'}, null)"],
  struct_insert: ["struct_insert({a: 1}, b := 2)"],
  struct_pack: ["struct_pack(a := 1)"],
  struct_update: ["struct_update({a: 1}, a := 2)"],
  union_value: ["union_value(a := 1)"],
};
/** How often a function is tried, and its further forms once there is a call. */
const maximumTries = { first: 300, further: 12 };

interface Overload {
  readonly name: string;
  readonly isAggregate: boolean;
  readonly kinds: readonly string[];
  readonly varargs: string | null;
}

async function overloads(connection: DuckDBConnection): Promise<Overload[]> {
  const reader = await connection.runAndReadAll(
    `select distinct function_name, function_type = 'aggregate', parameter_types, varargs from duckdb_functions()
     where function_type in ('scalar', 'aggregate') and coalesce(stability = 'CONSISTENT', true) order by all`,
  );
  return reader.getRowsJson().map(([name, isAggregate, kinds, varargs]) => ({
    name: String(name),
    isAggregate: isAggregate === true,
    kinds: kinds as readonly string[],
    varargs: varargs === null ? null : String(varargs),
  }));
}

function* argumentsOf([first, ...others]: readonly string[]): Generator<readonly string[]> {
  if (first === undefined) {
    yield [];
    return;
  }
  for (const value of values[first] ?? []) {
    for (const rest of argumentsOf(others)) {
      yield [value, ...rest];
    }
  }
}

function* callsOf({ name, isAggregate, kinds, varargs }: Overload): Generator<CalledFunction> {
  const more =
    varargs === null
      ? []
      : [
          [...kinds, varargs],
          [...kinds, varargs, varargs],
        ];
  for (const list of [kinds, ...more]) {
    for (const each of argumentsOf(list)) {
      const call = `"${name}"(${each.join(", ")})`;
      yield { name, size: each.length, call, value: "" };
      if (isAggregate) {
        yield { name, size: each.length, call: `${call} over ()`, value: "" };
      }
    }
  }
}

/** @throws Error of DuckDB. */
async function resultOf(connection: DuckDBConnection, call: string): Promise<string> {
  const reader = await connection.runAndReadAll(`select cast(${call} as varchar) from range(1)`);
  return String(reader.getRows()[0]?.[0]);
}

/** Finds a call of each function, and more of those that take one name. */
async function findCalls(connection: DuckDBConnection): Promise<CatalogValues> {
  const called: CalledFunction[] = [];
  const uncalled: Record<string, string> = {};
  for (const overload of await overloads(connection)) {
    const { name } = overload;
    let left = called.some((each) => each.name === name)
      ? maximumTries.further
      : maximumTries.first;
    for (const each of callsOf(overload)) {
      left -= 1;
      if (left < 0) {
        break;
      }
      try {
        called.push({ ...each, value: await resultOf(connection, each.call) });
        if (each.size !== 1 || !outsideNames.some((outside) => each.call.includes(outside))) {
          break;
        }
      } catch (error) {
        uncalled[name] ??= String(error);
      }
    }
  }
  for (const [name, calls] of Object.entries(special)) {
    for (const call of calls) {
      called.push({ name, size: 0, call, value: await resultOf(connection, call) });
    }
  }
  for (const { name } of called) {
    delete uncalled[name];
  }
  return { called, uncalled };
}

async function callAgain(
  connection: DuckDBConnection,
  calls: readonly CalledFunction[],
): Promise<CatalogValues> {
  const called: CalledFunction[] = [];
  for (const each of calls) {
    const value = await resultOf(connection, each.call).catch((error: unknown) => String(error));
    called.push({ ...each, value });
  }
  return { called, uncalled: {} };
}

if (import.meta.main) {
  const input = await text(process.stdin);
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  for (const statement of ["set TimeZone = 'UTC'", ...process.argv.slice(2)]) {
    await connection.run(statement);
  }
  const found =
    input === "" ? await findCalls(connection) : await callAgain(connection, JSON.parse(input));
  process.stdout.write(JSON.stringify(found));
}
