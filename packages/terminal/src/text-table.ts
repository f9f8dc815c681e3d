/** Tables for people. On a terminal they fit its width: cells are cut, or each row becomes a list. */
import cliTruncate from "cli-truncate";
import { type Options as MarkdownTableOptions, markdownTable } from "markdown-table";
import stringWidth from "string-width";
import wrapAnsi from "wrap-ansi";
import type { Emphasis, Screen } from "./screen.ts";
import { oneLine } from "./words.ts";

/** A column of a table. */
export interface TextColumn {
  readonly title: string;
  /** Numbers are right-aligned and never cut, because half a number is a wrong number. */
  readonly alignment?: "left" | "right";
  /** What happens to a cell that is too long for the terminal. Default: `cut`. */
  readonly overflow?: "cut" | "wrap" | "keep";
  /** Whether a list leaves out empty cells. */
  readonly optional?: boolean;
}

/** Text, optionally highlighted. */
export type Cell = string | { readonly text: string; readonly emphasis: Emphasis };

/** A cell at its full length. */
interface Shown {
  readonly text: string;
  readonly emphasis?: Emphasis;
}

/** A table style, and the width that it adds to `count` columns. */
interface Style {
  readonly extra: (count: number) => number;
  readonly options: MarkdownTableOptions;
}

/** Cells are never cut below this width. */
const minimumWidth = 10;
const styles: readonly Style[] = [
  { extra: (count) => 3 * count + 1, options: {} },
  {
    extra: (count) => count - 1,
    options: { padding: false, delimiterStart: false, delimiterEnd: false },
  },
];

/**
 * A table in Markdown, ending with a newline. On a narrow terminal it has no padding. If it still does not fit, each
 * row becomes a list of `column  value`.
 *
 * @param rows The cells of each row, one for each column.
 */
export function textTable(
  columns: readonly TextColumn[],
  rows: readonly (readonly Cell[])[],
  screen: Screen,
): string {
  const cells = rows.map((row) => row.map(shown));
  const natural = columns.map(({ title }, index) =>
    cells.reduce(
      (width, row) => Math.max(width, stringWidth(row[index]?.text ?? "")),
      // The line below the titles needs two characters.
      Math.max(2, stringWidth(oneLine(title))),
    ),
  );
  for (const style of styles) {
    const room = (screen.columns ?? Number.POSITIVE_INFINITY) - style.extra(columns.length);
    const widths = fit(columns, natural, room);
    if (widths !== undefined) {
      return draw(columns, cells, widths, style, screen);
    }
  }
  return stack(columns, cells, screen);
}

function draw(
  columns: readonly TextColumn[],
  rows: readonly (readonly Shown[])[],
  widths: readonly number[],
  { options }: Style,
  screen: Screen,
): string {
  const lines = rows.flatMap((row) => {
    const cells = row.map((cell, index) =>
      cellLines(cell, widths[index] ?? 0, columns[index]?.overflow === "wrap", screen),
    );
    const height = Math.max(...cells.map(({ length }) => length));
    return Array.from({ length: height }, (_, line) => cells.map((cell) => cell[line] ?? ""));
  });
  const titles = columns.map(({ title }, index) => cliTruncate(oneLine(title), widths[index] ?? 0));
  const align = columns.map(({ alignment = "left" }) => (alignment === "right" ? "r" : null));
  return `${markdownTable([titles, ...lines], { ...options, align, stringLength: stringWidth })}\n`;
}

/** `column  value` for each cell, and an empty line after each row. */
function stack(
  columns: readonly TextColumn[],
  rows: readonly (readonly Shown[])[],
  screen: Screen,
): string {
  const titles = columns.map(({ title }) => oneLine(title));
  const indent = Math.max(...titles.map((title) => stringWidth(title))) + 2;
  const width = Math.max(minimumWidth, (screen.columns ?? 0) - indent);
  const list = (row: readonly Shown[]): string[] =>
    columns.flatMap(({ optional }, index) => {
      const cell = row[index] ?? { text: "" };
      const title = titles[index] ?? "";
      const padding = " ".repeat(indent - stringWidth(title));
      const lines = cellLines(cell, width, true, screen);
      return optional === true && cell.text === ""
        ? []
        : [`${title}${padding}${lines.join(`\n${" ".repeat(indent)}`)}`.trimEnd()];
    });
  return rows.map((row) => `${[...list(row), ""].join("\n")}\n`).join("");
}

function cellLines(
  { text, emphasis }: Shown,
  width: number,
  wraps: boolean,
  screen: Screen,
): string[] {
  const lines = wraps
    ? wrapAnsi(text, width, { hard: true }).split("\n")
    : [cliTruncate(text, width)];
  return emphasis === undefined ? lines : lines.map((line) => screen.paint(emphasis, line));
}

/** Gives each column the width it needs, or an equal share of what is left. Undefined if the table does not fit. */
function fit(
  columns: readonly TextColumn[],
  natural: readonly number[],
  room: number,
): readonly number[] | undefined {
  const widths = [...natural];
  const flexible = columns
    .flatMap(({ alignment, overflow = alignment === "right" ? "keep" : "cut" }, index) =>
      overflow === "keep" ? [] : [index],
    )
    .sort((a, b) => (natural[a] ?? 0) - (natural[b] ?? 0));
  let left = room - natural.reduce((sum, width) => sum + width, 0);
  left += flexible.reduce((sum, index) => sum + (natural[index] ?? 0), 0);
  for (const [done, index] of flexible.entries()) {
    const needed = natural[index] ?? 0;
    const share = Math.floor(left / (flexible.length - done));
    if (share < Math.min(needed, minimumWidth)) {
      return undefined;
    }
    widths[index] = Math.min(needed, share);
    left -= widths[index];
  }
  return left < 0 ? undefined : widths;
}

function shown(cell: Cell): Shown {
  return typeof cell === "string" ? { text: oneLine(cell) } : { ...cell, text: oneLine(cell.text) };
}
