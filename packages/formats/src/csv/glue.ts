/** CSV for Athena: a table of strings, and the view over it that gives the columns their types. */
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
    // By default, a backslash would be an escape and be left out. Our CSV has no escapes, and there is no way to say
    // "none": so it is a control character that strings do not have.
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
 * A line end inside a field cuts a row in two for Athena, whose first part then lacks the last column. The query must
 * fail rather than give half a row: the cast of that sentence does, and prints it.
 */
function wholeRowsOnly(columns: readonly FileColumn[]): readonly string[] {
  const last = columns.at(-1);
  if (last === undefined || columns.length === 1) {
    return [];
  }
  const sentence = "a field holds a line end: see docs/query.md";
  const column = sqlName(last.name);
  // Only a case keeps the cast from being tried for whole rows; a cast of a constant could be tried before any row.
  const failing = `cast('${sentence}' || coalesce(${column}, '') as boolean)`;
  return [`where case when ${column} is null then ${failing} else true end`];
}
