/** A CSV reader and writer that share no code with ours. */
import { parse } from "csv-parse/sync";

/** The rows of a CSV, with the header. An unquoted empty field is null, `""` is the empty string. */
export function parsed(text: string): (string | null)[][] {
  return parse(text, {
    cast: (value, { quoting }) => (value === "" && !quoting ? null : value),
    relax_column_count: false,
    skip_empty_lines: false,
    record_delimiter: "\n",
  });
}

/** A CSV with a header. */
export function written(
  columns: readonly string[],
  rows: readonly Readonly<Record<string, string>>[],
): string {
  const line = (fields: readonly (string | undefined)[]) => `${fields.map(quoted).join(",")}\n`;
  return [columns, ...rows.map((row) => columns.map((name) => row[name]))].map(line).join("");
}

function quoted(text = ""): string {
  return text === "" || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
