/** Reads the statistics of files that DuckDB has written, as far as they are exact. */

import type { ColumnStatistics, DataFile } from "@lakehouse/open-tables/data-file";
import { formatValue, parseText } from "@lakehouse/transforms/types/column-type";
import type { ColumnType } from "@lakehouse/transforms/types/types";
import type { JsonValue } from "../../engine.ts";

/** DuckDB cuts longer strings, and doesn't say so. */
const longestString = 250;

/** What COPY returns for a file with `return_stats`. */
export interface CopiedFile {
  readonly filename: string;
  readonly rows: number;
  readonly bytes: number;
  /** Undefined if COPY did not divide the rows by partition. */
  readonly partition: string | undefined;
  readonly columns: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

/** Reads the result of a COPY, one row for each file. */
export function copiedFiles(rows: readonly Readonly<Record<string, JsonValue>>[]): CopiedFile[] {
  return rows.map((row) => ({
    filename: String(row["filename"]),
    rows: Number(row["count"]),
    bytes: Number(row["file_size_bytes"]),
    partition: entriesOf(row["partition_keys"]).map(([, value]) => String(value))[0],
    columns: new Map(
      entriesOf(row["column_statistics"]).map(([name, values]) => [
        unquoted(name),
        new Map(entriesOf(values).map(([key, value]) => [key, String(value)])),
      ]),
    ),
  }));
}

/** The statistics of the columns of a contract. */
export function columnStatistics(
  { columns: found }: CopiedFile,
  columns: readonly { readonly name: string; readonly type: ColumnType }[],
): DataFile["columns"] {
  return Object.fromEntries(
    columns.flatMap(({ name, type }) => {
      const values = found.get(name);
      return values === undefined ? [] : [[name, statisticsOf(type, values)] as const];
    }),
  );
}

function statisticsOf(type: ColumnType, values: ReadonlyMap<string, string>): ColumnStatistics {
  const [min, max] = ["min", "max"].map((name) => bound(type, values.get(name)));
  const bytes = Number(values.get("column_size_bytes"));
  return {
    nulls: Number(values.get("null_count")),
    ...(min !== undefined && max !== undefined && { min, max }),
    ...(Number.isSafeInteger(bytes) && { bytes }),
  };
}

/** A bound in the type's canonical text; undefined if it is not known to be exact. */
function bound(type: ColumnType, text: string | undefined): string | undefined {
  if (text === undefined || Buffer.byteLength(text) >= longestString) {
    return undefined;
  }
  const parsed = parseText(type, readable(type, text));
  return parsed.ok ? formatValue(type, parsed.value) : undefined;
}

/** What DuckDB prints, as our parsers read it. */
function readable(type: ColumnType, text: string): string {
  switch (type.kind) {
    case "boolean":
      return text === "1" ? "true" : text === "0" ? "false" : text;
    case "decimal":
      // A decimal without digits before its point has no zero there.
      return text.replace(/^(-?)\./, "$10.");
    case "timestamp":
      return text.replace(/\+00$/, "Z");
    default:
      return text;
  }
}

/** The entries of a map. */
function entriesOf(map: JsonValue | undefined): (readonly [string, JsonValue])[] {
  const entries = (map ?? []) as readonly { readonly key: string; readonly value: JsonValue }[];
  return entries.map(({ key, value }) => [key, value] as const);
}

function unquoted(name: string): string {
  return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name;
}
