/** All file formats, by name. A contract chooses a table format. Quarantine has its own. */
import type { FileFormat } from "@lakehouse/transforms/contract/table";
import { csv } from "./csv/csv.ts";
import type { Format, TableFormat } from "./format.ts";
import { ndjson } from "./ndjson/ndjson.ts";
import { parquet } from "./parquet/parquet.ts";

/** The formats of tables. `native-formats.ts` has the other half of each. */
export const tableFormats: Readonly<Record<FileFormat, TableFormat>> = { csv, parquet };

/** All formats. */
export const formats = { ...tableFormats, ndjson } satisfies Readonly<Record<string, Format>>;

/** The name of any format. */
export type FormatName = keyof typeof formats;

/** The names of the formats of tables. */
export const fileFormats = Object.keys(tableFormats) as readonly FileFormat[];

/** Finds the format of a table's file by its extension; undefined for any other name. */
export function findFormat(name: string): FileFormat | undefined {
  return fileFormats.find((format) => name.endsWith(tableFormats[format].extension));
}

/** The format of a file whose name has a known extension. */
export function formatOfFile(name: string): FileFormat {
  const format = findFormat(name);
  if (format === undefined) {
    throw new TypeError(`No format has the extension of ${name}.`);
  }
  return format;
}

/** Groups files of tables by their format. */
export function byFormat(files: readonly string[]): ReadonlyMap<FileFormat, readonly string[]> {
  const groups = new Map<FileFormat, string[]>();
  for (const file of files) {
    const format = formatOfFile(file);
    groups.set(format, [...(groups.get(format) ?? []), file]);
  }
  return groups;
}
