/** JSON lines, the format of quarantine: refused records may not fit the contract's columns. */
import { duckDbType } from "../column.ts";
import { filePaths } from "../duckdb-sql.ts";
import type { Format, LineLength } from "../format.ts";
import { textInput, textOutput } from "../glue-text.ts";
import { identifier, literal } from "../sql-text.ts";

/** A refused record has at most 16 MiB, and JSON takes at most six bytes for one of them. */
const maximumBytes = 128 * 1024 * 1024;
/** DuckDB allocates twice as much, whatever the size of the file. */
const lineBytes: Readonly<Record<LineLength, number>> = {
  usual: 4 * 1024 * 1024,
  long: 32 * 1024 * 1024,
  any: maximumBytes,
};

export const ndjson: Format = {
  extension: ".ndjson",
  limits: ["Most readers parse its numbers as doubles, so tables can't use it."],
  duckDb: {
    isText: true,
    scan(columns, files, lines = "any", more = []) {
      const declared = columns.map(
        ({ name, type }) => `${identifier(name)}: ${literal(duckDbType(type))}`,
      );
      const options = [
        "format = 'newline_delimited'",
        `columns = {${declared.join(", ")}}`,
        `maximum_object_size = ${lineBytes[lines]}`,
      ];
      return `select ${["*", ...more].join(", ")} from read_json(${filePaths(files)}, ${options.join(", ")})`;
    },
  },
  glue: {
    reader: () => ({
      inputFormat: textInput,
      outputFormat: textOutput,
      serializationLibrary: "org.openx.data.jsonserde.JsonSerDe",
      parameters: { "serialization.format": "1" },
    }),
    tableParameters: {},
  },
};

/** Writes values, one per line. */
export function ndjsonLines(values: readonly unknown[]): Buffer {
  return Buffer.from(values.map((value) => `${JSON.stringify(value)}\n`).join(""));
}
