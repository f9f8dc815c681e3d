/** What kind of statement an SQL text is, as far as its first words say. DuckDB's own parser decides the rest. */

/** Strings, quoted names and comments. */
const quoted =
  /\be'(?:\\[\s\S]|''|[^'\\])*'|'(?:''|[^'])*'|"(?:""|[^"])*"|\$(\w*)\$[\s\S]*?\$\1\$|--[^\n]*|\/\*[\s\S]*?\*\//gi;

/** The first words of statements that write or change the session. DuckDB binds some of them before it names their kind. */
const writing = new Set(
  (
    "abort alter analyze attach begin checkpoint comment commit copy create deallocate delete detach drop end execute " +
    "export force grant import insert install load merge prepare reset revoke rollback set start truncate update use vacuum"
  ).split(" "),
);

/**
 * Table functions that change settings, logs or files of the session. DuckDB ends the process if it can't write its log.
 */
const changing = /\b((?:enable|disable)_\w+|(?:force_)?checkpoint|truncate_duckdb_logs)\s*\(/i;

/** Replaces strings, quoted names and comments by as many spaces. */
function bare(sql: string): string {
  return sql.replace(quoted, (text) => " ".repeat(text.length));
}

/** Where the first parameter is: `?`, `$1` or `$name`. */
export function placeOfParameter(sql: string): number {
  return bare(sql).search(/[?$]/);
}

/** Whether there is nothing but comments. DuckDB has no message for that. */
export function isEmpty(sql: string): boolean {
  return sql.replace(/--[^\n]*|\/\*[\s\S]*?\*\//g, "").replace(/[\s;]/g, "") === "";
}

/** Where each statement begins. DuckDB gives no places, and splits a PIVOT into several. */
export function startsOf(sql: string): number[] {
  return [...bare(sql).matchAll(/[^\s;][^;]*/g)].map(({ index }) => index);
}

/** The first word of the statement that begins there. */
export function wordAt(sql: string, start: number): string {
  return /[a-z_]+/i.exec(bare(sql).slice(start))?.[0]?.toUpperCase() ?? "";
}

/** What the statement does, if its words say that it does not only read: `this is COPY`. */
export function writes(sql: string): string | undefined {
  const words = bare(sql);
  const first = wordAt(sql, 0);
  if (writing.has(first.toLowerCase())) {
    return `this is ${first}`;
  }
  // query('…') runs a string.
  const [, name] = changing.exec(/\bquery\s*\(/i.test(words) ? sql : words) ?? [];
  return name === undefined ? undefined : `${name}() changes the session`;
}

/** The statement that an EXPLAIN explains; undefined for any other statement. */
export function explained(sql: string): string | undefined {
  const [prefix] =
    /^[\s\uFEFF]*explain\b(?:\s*\(\s*(?:analyze|format)\b[^)]*\)|\s+analyze\b)?/i.exec(bare(sql)) ??
    [];
  return prefix === undefined ? undefined : sql.slice(prefix.length);
}
