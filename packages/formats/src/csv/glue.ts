/** CSV for Athena: a table of strings, and a view over it that converts the columns to their types. */
import { fromString, type StringColumn, sqlName } from "../athena-type.ts";
import type { FileColumn } from "../column.ts";
import type { GlueDescription, GlueReader } from "../format.ts";
import { textInput, textOutput } from "../glue-text.ts";
import { absent, delimiter, quote } from "./dialect.ts";

const fieldReader: GlueReader = {
  inputFormat: textInput,
  outputFormat: textOutput,
  serializationLibrary: "org.apache.hadoop.hive.serde2.OpenCSVSerde",
  // By default, a backslash is an escape and is dropped. Our CSV has no escapes, but there is no way to say so. So the
  // escape is the one character that our CSV can't contain. Any other would let a string end its field early, and write
  // the fields behind it.
  parameters: { separatorChar: delimiter, quoteChar: quote, escapeChar: absent },
};

/** Reads whole lines. OpenCSVSerde can't tell an empty line, which is null, from a part of a row. */
const lineReader: GlueReader = {
  inputFormat: textInput,
  outputFormat: textOutput,
  serializationLibrary: "org.apache.hadoop.hive.serde2.RegexSerDe",
  parameters: { "input.regex": "(?s)(.*)" },
};

export const glue: GlueDescription = {
  reader: (columns) => (columns.length === 1 ? lineReader : fieldReader),
  tableParameters: { "skip.header.line.count": "1" },
  strings: { suffix: "_text", values, clauses: wholeRowsOnly },
};

function values(columns: readonly StringColumn[]): string[] {
  const [only, ...others] = columns;
  return only !== undefined && others.length === 0
    ? [fromString(only, fieldOf(sqlName(only.name)))]
    : columns.map((column) => fromString(column));
}

/** SQL for the field that is a whole line. */
function fieldOf(line: string): string {
  const inside = `replace(substr(${line}, 2, length(${line}) - 2), '${quote}${quote}', '${quote}')`;
  return `if(substr(${line}, 1, 1) = '${quote}', ${inside}, ${line})`;
}

/**
 * Athena splits a row at a line end inside a field, and the first part lacks the last column. The query must fail
 * rather than return half a row. Casting this sentence fails, and prints it.
 */
function wholeRowsOnly(columns: readonly FileColumn[]): readonly string[] {
  const last = columns.at(-1);
  if (last === undefined) {
    return [];
  }
  const sentence = "a field holds a line end: see docs/query.md";
  const column = sqlName(last.name);
  const isPart = columns.length === 1 ? hasOpenQuote(column) : `${column} is null`;
  // Only `case` keeps whole rows from being cast. Athena may cast a constant before it reads any row.
  const failing = `cast('${sentence}' || coalesce(${column}, '') as boolean)`;
  return [`where case when ${isPart} then ${failing} else true end`];
}

/** SQL that is true if a line has an odd number of quotes. */
function hasOpenQuote(line: string): string {
  return `(length(${line}) - length(replace(${line}, '${quote}', ''))) % 2 = 1`;
}
