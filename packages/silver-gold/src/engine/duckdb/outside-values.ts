/** Finds functions whose value comes from outside the query: clocks, random numbers, settings, the session. */
import type { DuckDBConnection } from "@duckdb/node-api";
import { identifier } from "@lakehouse/formats/sql-text";

/** A call of a function, its name in lower case. */
export interface Call {
  readonly name: string;
  /** The part before its name, in lower case: a schema, or the first argument, as in `x.age()`. */
  readonly schema: string;
  /** The number of arguments in parentheses. */
  readonly size: number;
}

/** What an expression contains. */
export interface Expression {
  readonly calls: readonly Call[];
  /** Names without a table, in lower case. The parser takes `current_date` for a column. */
  readonly names: readonly string[];
}

/**
 * Functions that DuckDB's catalog wrongly calls consistent. With at most this number of arguments, age reads the clock,
 * and the others read settings and variables. A test calls every function of the catalog with two clocks, settings and
 * environments, and finds these alone (test/integration/catalog-functions.test.ts).
 */
const unmarked: ReadonlyMap<string, number> = new Map([
  ["age", 1],
  ["current_setting", 1],
  ["getvariable", 1],
]);

/**
 * Finds functions that are not consistent, and functions without arguments. The latter exclude those that return an
 * empty list or map. `error` returns no value, and pi is a constant.
 */
const catalogQuery = `
  select function_name as name,
    bool_or(coalesce(stability <> 'CONSISTENT', false) and function_name <> 'error') as unstable,
    bool_or(function_type = 'scalar' and len(parameter_types) = 0 and varargs is null
      and not contains(return_type, '"NULL"') and function_name <> 'pi') as bare,
    list(macro_definition) filter (function_type = 'macro') as macros,
    list(distinct function_type) as kinds
  from duckdb_functions() where function_type in ('scalar', 'aggregate', 'macro') group by all`;

interface Entry {
  readonly unstable: boolean;
  readonly bare: boolean;
  readonly macros: readonly string[];
  readonly kinds: readonly string[];
}

/** What DuckDB's catalog lists. */
interface Functions {
  /** By name. */
  readonly entries: ReadonlyMap<string, Entry>;
  readonly schemas: ReadonlySet<string>;
}

/** Read once, because every database of a process has the same functions. */
let functions: Promise<Functions> | undefined;
/**
 * The function that a name without a table means; undefined for a name that can only be a column. The same in every
 * database, too.
 */
const keywords = new Map<string, string | undefined>();

async function readFunctions(connection: DuckDBConnection): Promise<Functions> {
  const reader = await connection.runAndReadAll(catalogQuery);
  const entries = reader.getRowObjectsJson().map(({ name, unstable, bare, macros, kinds }) => {
    const entry: Entry = {
      unstable: unstable === true,
      bare: bare === true,
      macros: Array.isArray(macros) ? macros.map(String) : [],
      kinds: Array.isArray(kinds) ? kinds.map(String) : [],
    };
    return [String(name).toLowerCase(), entry] as const;
  });
  const schemas = await connection.runAndReadAll("select schema_name from duckdb_schemas()");
  const schemaNames = schemas.getRows().map(([name]) => String(name).toLowerCase());
  return { entries: new Map(entries), schemas: new Set(schemaNames) };
}

/** Answers which functions of a connection are consistent. */
export class OutsideValues {
  readonly #connection: DuckDBConnection;
  readonly #parse: (expression: string) => Promise<Expression>;
  readonly #functions: Functions;
  private constructor(
    connection: DuckDBConnection,
    parse: (expression: string) => Promise<Expression>,
    known: Functions,
  ) {
    this.#connection = connection;
    this.#parse = parse;
    this.#functions = known;
  }

  /** @param parse Finds the calls and names in an SQL expression. */
  static async load(
    connection: DuckDBConnection,
    parse: (expression: string) => Promise<Expression>,
  ): Promise<OutsideValues> {
    functions ??= readFunctions(connection).catch((error: unknown) => {
      functions = undefined;
      throw error;
    });
    return new OutsideValues(connection, parse, await functions);
  }

  /** What a function is; undefined if it is unknown, a macro, or can be several of these. @param name In lower case. */
  kindOf(name: string): "scalar" | "aggregate" | undefined {
    const [kind, ...others] = this.#functions.entries.get(name)?.kinds ?? [];
    return others.length === 0 && (kind === "scalar" || kind === "aggregate") ? kind : undefined;
  }

  /** Returns the first function or keyword whose value comes from outside; undefined if there is none. */
  async find({ calls, names }: Expression): Promise<string | undefined> {
    return await this.#find({ calls, names }, new Set());
  }

  /** @param seen The macros around these calls. Some have the same name as the function that they call. */
  async #find(
    { calls, names }: Expression,
    seen: ReadonlySet<string>,
  ): Promise<string | undefined> {
    for (const call of calls) {
      if (await this.#isOutside(call, seen)) {
        return call.name;
      }
    }
    for (const name of names) {
      const keyword = await this.#keyword(name);
      if (
        keyword !== undefined &&
        (await this.#isOutside({ name: keyword, schema: "", size: 0 }, seen))
      ) {
        return name;
      }
    }
    return undefined;
  }

  async #isOutside(call: Call, seen: ReadonlySet<string>): Promise<boolean> {
    const { name, schema } = call;
    const isMethod = schema !== "" && !this.#functions.schemas.has(schema);
    const size = call.size + (isMethod ? 1 : 0);
    const entry = this.#functions.entries.get(name);
    if (size <= (unmarked.get(name) ?? -1)) {
      return true;
    }
    if (entry === undefined || seen.has(name)) {
      return false;
    }
    if (entry.unstable || (entry.bare && size === 0)) {
      return true;
    }
    const inside = new Set([...seen, name]);
    for (const macro of entry.macros) {
      if ((await this.#find(await this.#parse(macro), inside)) !== undefined) {
        return true;
      }
    }
    return false;
  }

  /** Asks DuckDB what the name means without a table. */
  async #keyword(name: string): Promise<string | undefined> {
    if (!keywords.has(name)) {
      const query = `select ${identifier(name)}`;
      const reader = await this.#connection.runAndReadAll(
        "select json_extract_string(json_serialize_plan($1::varchar), '$.plans[0].expressions[0].name')",
        [query],
      );
      const found = reader.getRows()[0]?.[0];
      keywords.set(name, typeof found === "string" ? found.toLowerCase() : undefined);
    }
    return keywords.get(name);
  }
}
