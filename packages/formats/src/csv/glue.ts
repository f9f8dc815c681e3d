/** CSV for Athena: a table of strings, and a view over it that converts the columns to their types. */
import { fromString, sqlName } from "../athena-type.ts";
import type { FileColumn } from "../column.ts";
import type { GlueDescription } from "../format.ts";
import { textInput, textOutput } from "../glue-text.ts";
import { delimiter, quote } from "./dialect.ts";

export const glue: GlueDescription = {
  reader: {
    inputFormat: textInput,
    outputFormat: textOutput,
    serializationLibrary: "org.apache.hadoop.hive.serde2.OpenCSVSerde",
    // By default, a backslash is an escape and is dropped. Our CSV has no escapes, but there is no way to say so.
    // So the escape is a control character that strings rarely contain.
    parameters: { separatorChar: delimiter, quoteChar: quote, escapeChar: "\u0001" },
  },
  tableParameters: { "skip.header.line.count": "1" },
  strings: {
    suffix: "_text",
    value: ({ name, type, nullable }) => fromString({ name, type, nullable }),
    clauses: wholeRowsOnly,
  },
};

/**
 * Athena splits a row at a line end inside a field, and the first part lacks the last column. The query must fail
 * rather than return half a row. Casting this sentence fails, and prints it.
 */
function wholeRowsOnly(columns: readonly FileColumn[]): readonly string[] {
  const last = columns.at(-1);
  if (last === undefined || columns.length === 1) {
    return [];
  }
  const sentence = "a field holds a line end: see docs/query.md";
  const column = sqlName(last.name);
  // Only `case` keeps whole rows from being cast. Athena may cast a constant before it reads any row.
  const failing = `cast('${sentence}' || coalesce(${column}, '') as boolean)`;
  return [`where case when ${column} is null then ${failing} else true end`];
}
