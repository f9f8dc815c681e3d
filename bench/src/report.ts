/** A benchmark's report, as Markdown. */
import { markdownTable } from "markdown-table";
import type { FunctionTime } from "./child/self-times.ts";

/** A value that must not be exceeded, or (`atLeast`) must be reached. */
export interface Target {
  readonly what: string;
  readonly value: number;
  readonly limit: number;
  readonly atLeast?: boolean;
  /** `×`, `MiB`. */
  readonly unit: string;
}

/** A table. Columns after the first are numbers or short. */
export interface Grid {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** One benchmark's part of the report. */
export interface Section {
  readonly title: string;
  /** How it was measured, in Markdown. */
  readonly text: string;
  readonly grids: readonly Grid[];
  readonly targets: readonly Target[];
  /** Paragraphs after the numbers. */
  readonly remarks: readonly string[];
}

/** Whether the value meets its limit. */
export function isMet({ value, limit, atLeast = false }: Target): boolean {
  return atLeast ? value >= limit : value <= limit;
}

/** A section as Markdown. */
export function sectionText({ title, text, grids, targets, remarks }: Section): string {
  const parts = [`## ${title}`, text, ...grids.map(gridText)];
  if (targets.length > 0) {
    parts.push(gridText(targetGrid(targets)));
  }
  return [...parts, ...remarks].join("\n\n");
}

/**
 * Puts a section in the place of the one with its title. Notes that people wrote stay: what follows a heading of the third level.
 *
 * @param origin Says which run it is from.
 */
export function replaceSection(document: string, section: string, origin: string): string {
  const [title = "", ...others] = section.split("\n");
  const lines = document.split("\n");
  const start = lines.indexOf(title);
  const text = [title, "", `_${origin}_`, ...others].join("\n").trimEnd();
  if (start === -1) {
    return `${document.trimEnd()}\n\n${text}\n`;
  }
  const length = lines.slice(start + 1).findIndex((line) => /^##+ /.test(line));
  const rest = length === -1 ? [] : ["", ...lines.slice(start + 1 + length)];
  return [...lines.slice(0, start), text, ...rest, ...(length === -1 ? [""] : [])].join("\n");
}

/** A table as Markdown. */
export function gridText({ head, rows }: Grid): string {
  const align = head.map((_, column) => (column === 0 ? "left" : "right"));
  return markdownTable(
    [head, ...rows].map((row) => [...row]),
    { align },
  );
}

function targetGrid(targets: readonly Target[]): Grid {
  return {
    head: ["target", "limit", "measured", "met"],
    rows: targets.map((target) => {
      const { what, value, limit, unit, atLeast = false } = target;
      const limitText = `${atLeast ? "≥" : "≤"} ${number(limit)} ${unit}`;
      return [
        what,
        limitText.trimEnd(),
        `${number(value)} ${unit}`.trimEnd(),
        isMet(target) ? "yes" : "**no**",
      ];
    }),
  };
}

/** The functions that took most of the main thread's time. */
export function profileGrid(times: readonly FunctionTime[], rows: number): Grid {
  const total = times.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  return {
    head: ["self time of the main thread", "ms", "share"],
    rows: times
      .slice(0, rows)
      .map(({ name, milliseconds }) => [
        `\`${name}\``,
        number(milliseconds),
        `${number((100 * milliseconds) / total)} %`,
      ]),
  };
}

/** Formats as `1,234`, `12.3` or `0.12`: three significant digits, or the integer part. */
export function number(value: number): string {
  const size = Math.abs(value);
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : 2;
  return value.toLocaleString("en-US", { maximumFractionDigits: digits });
}
