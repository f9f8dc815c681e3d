/** Quarantine files for DuckDB: JSON lines with a fixed set of columns. */
import { identifier, literal } from "../sql-text.ts";
import { list } from "./sql-text.ts";

/** A refused record has at most 16 MiB, and JSON writes one byte of it with at most six. */
const maximumBytes = 128 * 1024 * 1024;

const columns = Object.entries({
  kind: "VARCHAR",
  bronze_key: "VARCHAR",
  line: "BIGINT",
  byte_offset: "BIGINT",
  column: "VARCHAR",
  rule: "VARCHAR",
  message: "VARCHAR",
  raw: "VARCHAR",
  raw_base64: "VARCHAR",
  reasons: 'STRUCT("column" VARCHAR, "rule" VARCHAR, "message" VARCHAR)[]',
});

/** Queries all rows of quarantine files. */
export function readQuarantine(files: readonly string[]): string {
  if (files.length === 0) {
    const nulls = columns.map(([name, type]) => `cast(null as ${type}) as ${identifier(name)}`);
    return `select ${nulls.join(", ")} limit 0`;
  }
  const declared = columns.map(([name, type]) => `${identifier(name)}: ${literal(type)}`);
  return `select * from read_json(${list(files)}, format = 'newline_delimited', columns = {${declared.join(", ")}},
    maximum_object_size = ${maximumBytes})`;
}
