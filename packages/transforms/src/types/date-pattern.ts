/** Reads dates and times as a pattern says: `dd/MM/yyyy HH:mm`. A small part of the pattern language of Unicode. */
import type { Mistake } from "../mistakes/options.ts";
import type { Reading } from "./reading.ts";
import { escaped, inAnyCase } from "./value-schema.ts";

const months = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
] as const;

/** What a field says. */
type Part =
  | "year"
  | "month"
  | "day"
  | "hour"
  | "half"
  | "minute"
  | "second"
  | "fraction"
  | "offset";

interface Field {
  readonly part: Part;
  readonly expression: string;
  /** Whether the hour is one of twelve. */
  readonly twelve?: true;
}

const one = "\\d{1,2}";
const two = "\\d{2}";

/** The fields of a pattern. Other letters are mistakes. */
const fields: { readonly [letters: string]: Field } = {
  yyyy: { part: "year", expression: "\\d{4}" },
  MMMM: { part: "month", expression: `(?i:${months.join("|")})` },
  MMM: { part: "month", expression: `(?i:${months.map((name) => name.slice(0, 3)).join("|")})` },
  MM: { part: "month", expression: two },
  M: { part: "month", expression: one },
  dd: { part: "day", expression: two },
  d: { part: "day", expression: one },
  HH: { part: "hour", expression: two },
  H: { part: "hour", expression: one },
  hh: { part: "hour", expression: two, twelve: true },
  h: { part: "hour", expression: one, twelve: true },
  mm: { part: "minute", expression: two },
  ss: { part: "second", expression: two },
  a: { part: "half", expression: "[AaPp][Mm]" },
  XXX: { part: "offset", expression: "Z|[+-]\\d{2}:\\d{2}" },
  XX: { part: "offset", expression: "Z|[+-]\\d{4}" },
};

const known = `${Object.keys(fields).join(", ")} and S for each digit of a fraction`;

/** The parts of a date and time that a text gives. */
export interface WrittenMoment {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hours: number;
  readonly minutes: number;
  readonly seconds: number;
  /** The digits after the second. */
  readonly fraction: string;
  /** `Z`, `+05:30` or `+0530`; undefined if the pattern has none. */
  readonly offset: string | undefined;
}

/** A piece of a pattern: a field, or text between fields. */
type Piece = { readonly letters: string; readonly field: Field } | { readonly text: string };

interface Compiled {
  readonly pieces: readonly Piece[];
  readonly expression: RegExp;
  readonly parts: ReadonlySet<Part>;
}

const compiled = new Map<string, Compiled | Mistake>();

function compile(pattern: string): Compiled | Mistake {
  const made = compiled.get(pattern) ?? compileNew(pattern);
  compiled.set(pattern, made);
  return made;
}

function compileNew(pattern: string): Compiled | Mistake {
  const pieces: Piece[] = [];
  const parts = new Set<Part>();
  for (const [token, quoted] of pattern.matchAll(/'((?:[^']|'')*)'|([A-Za-z])\2*|./gs)) {
    const mistake = addPiece(pieces, parts, token, quoted);
    if (mistake !== undefined) {
      return mistake;
    }
  }
  const expression = pieces.map((piece) =>
    "text" in piece
      ? RegExp.escape(piece.text)
      : `(?<${piece.field.part}>${piece.field.expression})`,
  );
  const twelve = pieces.some((piece) => "field" in piece && piece.field.twelve === true);
  return (
    partsMistake(parts, twelve) ?? {
      pieces,
      expression: new RegExp(`^${expression.join("")}$`),
      parts,
    }
  );
}

function addPiece(
  pieces: Piece[],
  parts: Set<Part>,
  token: string,
  quoted: string | undefined,
): Mistake | undefined {
  if (quoted !== undefined || !/^[A-Za-z]/.test(token)) {
    if (token === "'") {
      return { problem: "has a quote that is not closed", hint: "Write another ' after the text." };
    }
    pieces.push({ text: quoted === undefined ? token : quoted.replaceAll("''", "'") || "'" });
    return undefined;
  }
  const field: Field | undefined = /^S{1,9}$/.test(token)
    ? { part: "fraction", expression: `\\d{${token.length}}` }
    : Object.hasOwn(fields, token)
      ? fields[token]
      : undefined;
  if (field === undefined) {
    const hint =
      token === "yy"
        ? "Write yyyy: two digits don't say which century."
        : `Use ${known}. Put other letters between quotes: 'T'.`;
    return { problem: `has the letters ${token}, which mean nothing`, hint };
  }
  if (parts.has(field.part)) {
    return { problem: `has the ${field.part} twice`, hint: "Remove one of the two." };
  }
  parts.add(field.part);
  pieces.push({ letters: token, field });
  return undefined;
}

function partsMistake(parts: ReadonlySet<Part>, twelve: boolean): Mistake | undefined {
  const missing = (["year", "month", "day"] as const).find((part) => !parts.has(part));
  if (missing !== undefined) {
    return { problem: `has no ${missing}`, hint: "Write one such as dd/MM/yyyy." };
  }
  if (twelve !== parts.has("half")) {
    return twelve
      ? { problem: "has hours of a clock of twelve, but no a", hint: "Add a for AM and PM." }
      : { problem: "has a for AM and PM, but no h", hint: "Write hh:mm a, or HH:mm." };
  }
  const needs = [
    ["minute", "hour"],
    ["hour", "minute"],
    ["second", "minute"],
    ["fraction", "second"],
    ["offset", "hour"],
  ] as const;
  const [has, lacks] = needs.find(([has, lacks]) => parts.has(has) && !parts.has(lacks)) ?? [];
  return has === undefined
    ? undefined
    : { problem: `has the ${has}, but no ${lacks}`, hint: "Write the time as HH:mm or HH:mm:ss." };
}

/**
 * Returns the mistake in a pattern. The problem continues "the pattern dd/MM …".
 *
 * @param reads `date`: it may not have a time. `timestamp`: it must have one.
 * @param assumesOffset Whether the contract gives the offset of times without one.
 */
export function patternMistake(
  pattern: string,
  reads: "date" | "timestamp",
  assumesOffset: boolean,
): Mistake | undefined {
  const made = compile(pattern);
  if ("problem" in made) {
    return made;
  }
  const hasTime = made.parts.has("hour");
  if (reads === "date") {
    return hasTime
      ? {
          problem: "has a time of day, and a date has none",
          hint: "Add .fromTimestamp(), which takes the date in UTC.",
        }
      : undefined;
  }
  if (!hasTime) {
    return { problem: "has no time of day", hint: "Add HH:mm, or use a date column." };
  }
  return made.parts.has("offset") || assumesOffset
    ? undefined
    : {
        problem: "has no offset, so it does not say which moment is meant",
        hint: 'Add XXX, or say what the times are: .assumeUtc(), or .assumeOffset("+05:30").',
      };
}

/** Reads a text by a pattern without a mistake. @returns undefined if it is written in another way. */
export function parsePattern(text: string, pattern: string): WrittenMoment | undefined {
  const made = compile(pattern);
  const groups = "problem" in made ? undefined : made.expression.exec(text)?.groups;
  if (groups === undefined || "problem" in made) {
    return undefined;
  }
  const number = (part: Part): number => Number(groups[part] ?? 0);
  return {
    year: number("year"),
    month: monthNumber(groups["month"] ?? ""),
    day: number("day"),
    hours: made.parts.has("half") ? hoursOf(number("hour"), groups["half"] ?? "") : number("hour"),
    minutes: number("minute"),
    seconds: number("second"),
    fraction: groups["fraction"] ?? "",
    offset: groups["offset"],
  };
}

function monthNumber(text: string): number {
  const start = text.slice(0, 3).toLowerCase();
  const index = months.findIndex((name) => name.toLowerCase().startsWith(start));
  return index === -1 ? Number(text) : index + 1;
}

/** The hour of 24. An hour that a clock of twelve does not have becomes one that no clock has. */
function hoursOf(hour: number, half: string): number {
  if (hour < 1 || hour > 12) {
    return 99;
  }
  return (hour % 12) + (half.toLowerCase() === "pm" ? 12 : 0);
}

/** A regular expression for what one of the patterns of a column reads, in the part of the language that all dialects have. */
export function patternsExpression({ patterns = [], letters }: Reading): string {
  const expressions = patterns.map((pattern) => {
    const made = compile(pattern);
    const pieces = "problem" in made ? [] : made.pieces;
    return pieces.map((piece) => pieceExpression(piece, letters !== undefined)).join("");
  });
  return expressions.join("|");
}

function pieceExpression(piece: Piece, isAnyCase: boolean): string {
  if ("text" in piece) {
    return isAnyCase ? inAnyCase(piece.text) : escaped(piece.text);
  }
  const { part, expression } = piece.field;
  if (part === "month" && piece.letters.length > 2) {
    const names = months.map((name) => (piece.letters === "MMM" ? name.slice(0, 3) : name));
    return `(?:${names.map(inAnyCase).join("|")})`;
  }
  // A lower-case z becomes Z before it is read.
  return part === "offset" ? `(?:${isAnyCase ? `z|${expression}` : expression})` : expression;
}

/** Writes a date and time by a pattern, for sample records. What the pattern has no field for is left out. */
export function formatPattern(
  pattern: string,
  { year, month, day, hours, minutes, seconds, fraction, offset = "Z" }: WrittenMoment,
): string {
  const made = compile(pattern);
  const padded = (value: number, length: number): string => String(value).padStart(length, "0");
  const write = ({ part, twelve }: Field, letters: string): string => {
    switch (part) {
      case "year":
        return padded(year, 4);
      case "month": {
        const name = months[month - 1] ?? "";
        return letters.length > 2
          ? name.slice(0, letters.length === 3 ? 3 : undefined)
          : padded(month, letters.length);
      }
      case "day":
        return padded(day, letters.length);
      case "hour":
        return padded(twelve === true ? ((hours + 11) % 12) + 1 : hours, letters.length);
      case "half":
        return hours < 12 ? "AM" : "PM";
      case "minute":
        return padded(minutes, 2);
      case "second":
        return padded(seconds, 2);
      case "fraction":
        return fraction.padEnd(letters.length, "0").slice(0, letters.length);
      case "offset":
        return letters === "XX" ? offset.replace(":", "") : offset;
    }
  };
  return "problem" in made
    ? ""
    : made.pieces
        .map((piece) => ("text" in piece ? piece.text : write(piece.field, piece.letters)))
        .join("");
}
