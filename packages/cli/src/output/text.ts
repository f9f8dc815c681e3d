/** Tables and numbers for people. */
import { Table } from "console-table-printer";

/** A column of a table for people. */
export interface TextColumn {
  readonly title: string;
  readonly alignment?: "left" | "right";
}

/**
 * A table with lines around its cells, ending with a newline.
 *
 * @param columns What stands over each column.
 * @param rows The cells, already as text.
 */
export function textTable(
  columns: readonly TextColumn[],
  rows: readonly (readonly string[])[],
): string {
  const table = new Table({
    columns: columns.map(({ title, alignment = "left" }, index) => ({
      name: String(index),
      title,
      alignment,
    })),
    disabledColumns: [],
    shouldDisableColors: true,
  });
  for (const row of rows) {
    table.addRow(Object.fromEntries(row.map((cell, index) => [String(index), oneLine(cell)])));
  }
  return `${table.render()}\n`;
}

/** `1,234,567`. */
export function number(value: number | bigint): string {
  return value.toLocaleString("en-US");
}

/** `1 object`, `1,234 objects`. */
export function counted(value: number, singular: string, plural = `${singular}s`): string {
  return `${number(value)} ${value === 1 ? singular : plural}`;
}

/** `1.5 MiB`. */
export function bytes(value: number): string {
  const units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
  const power = Math.min(Math.floor(Math.log2(Math.max(value, 1)) / 10), units.length - 1);
  const scaled = value / 1024 ** power;
  return `${power === 0 ? scaled : scaled.toFixed(1)} ${units[power]}`;
}

/** `3 min ago`. */
export function ago(seconds: number): string {
  const steps = [
    [86_400, "days"],
    [3_600, "h"],
    [60, "min"],
  ] as const;
  const step = steps.find(([length]) => seconds >= 2 * length);
  return step === undefined
    ? `${Math.max(0, Math.round(seconds))} s ago`
    : `${Math.floor(seconds / step[0])} ${step[1]} ago`;
}

/** At most so many characters, with a sign that something was cut. */
export function cut(text: string, length: number): string {
  const characters = [...text];
  return characters.length > length ? `${characters.slice(0, length - 1).join("")}…` : text;
}

/** Line breaks and other control characters as escapes, so that nothing can disturb a terminal. */
export function oneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones to escape
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, (character) =>
    JSON.stringify(character)
      .slice(1, -1)
      .replace(
        /^([\u007f-\u009f])$/,
        (each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, "0")}`,
      ),
  );
}

/** The JSON document of `--json`. */
export function jsonDocument(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
