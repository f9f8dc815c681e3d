/** Checks a column's options about other spellings, once its type is known to be right. */
import type { Mistake } from "../mistakes/options.ts";
import { parseLiteral, typeName } from "../types/column-type.ts";
import { patternMistake } from "../types/date-pattern.ts";
import { type Reading, type ReadingOption, spelled } from "../types/reading.ts";
import { definitionOf, kindsWhere } from "../types/types.ts";
import type { TableColumn } from "./checked-table.ts";

/** The method of each option. */
const methods: { readonly [O in ReadingOption]: (reading: Reading) => string } = {
  coerce: () => "coerce",
  trim: () => "trim",
  letters: ({ letters }) => letters ?? "lower",
  map: () => "map",
  epoch: () => "epoch",
  fromTimestamp: () => "fromTimestamp",
  patterns: () => "parse",
  assumedOffset: ({ assumedOffset }) => (assumedOffset === "Z" ? "assumeUtc" : "assumeOffset"),
};

/** Returns the first mistake in the column's options. */
export function readingMistake(column: TableColumn): Mistake | undefined {
  const { reading } = column;
  return reading === undefined
    ? undefined
    : (typeMistake(column, reading) ??
        combinationMistake(column, reading) ??
        patternsMistake(column, reading) ??
        mapMistake(column, reading) ??
        acceptedMistake(column, reading));
}

function typeMistake({ type }: TableColumn, reading: Reading): Mistake | undefined {
  const { readings } = definitionOf(type);
  const options = Object.keys(reading) as ReadingOption[];
  const option = options.find((each) => !readings.includes(each));
  if (option === undefined) {
    return undefined;
  }
  const method = methods[option](reading);
  const kinds = kindsWhere((definition) => definition.readings.includes(option));
  return {
    problem: `a column of type ${typeName(type)} can't have ${method}()`,
    hint: `Remove ${method}(). It is for ${kinds.join(", ")}.`,
  };
}

/** Returns the mistake in options that exclude or need each other. */
function combinationMistake({ type }: TableColumn, reading: Reading): Mistake | undefined {
  const { coerce, epoch, patterns, assumedOffset, fromTimestamp } = reading;
  if (epoch !== undefined && (patterns ?? assumedOffset) !== undefined) {
    const other = patterns === undefined ? methods.assumedOffset(reading) : "parse";
    return {
      problem: `it has epoch() and ${other}(), but a number has no other spelling and no offset`,
      hint: "Remove one of the two.",
    };
  }
  if (epoch === "d" && fromTimestamp === true) {
    return {
      problem: 'it has epoch("d") and fromTimestamp(), but a number of days has no time',
      hint: "Remove fromTimestamp().",
    };
  }
  if (coerce === true && type.kind !== "string" && epoch === undefined) {
    return {
      problem: `a ${type.kind} has coerce(), but no epoch()`,
      hint: 'If numbers count time, write .epoch("ms"). Otherwise remove coerce().',
    };
  }
  if (assumedOffset !== undefined && type.kind === "date" && fromTimestamp !== true) {
    const method = methods.assumedOffset(reading);
    return {
      problem: `a date has ${method}(), but a date has no offset`,
      hint: `If records have timestamps, write .fromTimestamp().${method}(…). Otherwise remove it.`,
    };
  }
  return undefined;
}

function patternsMistake({ type }: TableColumn, reading: Reading): Mistake | undefined {
  const { patterns = [], assumedOffset, fromTimestamp } = reading;
  const reads = type.kind === "date" && fromTimestamp !== true ? "date" : "timestamp";
  for (const pattern of patterns) {
    const mistake = patternMistake(pattern, reads, assumedOffset !== undefined);
    if (mistake !== undefined) {
      return { problem: `the pattern ${pattern} ${mistake.problem}`, hint: mistake.hint };
    }
  }
  return undefined;
}

function mapMistake({ type }: TableColumn, reading: Reading): Mistake | undefined {
  for (const [text, value] of reading.map ?? []) {
    const parsed = value === null ? undefined : parseLiteral(type, value);
    if (parsed?.ok === false) {
      return {
        problem: `its map has an invalid ${typeName(type)} for ${JSON.stringify(text)}: ${parsed.message}`,
        hint: `Write a valid ${typeName(type)}, or null.`,
      };
    }
    const found = spelled(text, reading);
    if (found !== text) {
      return {
        problem: `its map has ${JSON.stringify(text)}, which no value is after ${spelling(reading)}`,
        hint: `Write ${JSON.stringify(found)}.`,
      };
    }
  }
  return undefined;
}

/** An accepted string that no record can have would refuse all of them. */
function acceptedMistake(
  { type, accepted = [] }: TableColumn,
  reading: Reading,
): Mistake | undefined {
  const mapped = new Set((reading.map ?? []).map(([, value]) => value));
  const wrong =
    definitionOf(type).conditions === "text"
      ? accepted.find((value) => spelled(String(value), reading) !== value && !mapped.has(value))
      : undefined;
  return wrong === undefined
    ? undefined
    : {
        problem: `it accepts ${JSON.stringify(wrong)}, which no value is after ${spelling(reading)}`,
        hint: `Accept ${JSON.stringify(spelled(String(wrong), reading))}.`,
      };
}

function spelling(reading: Reading): string {
  const { trim, letters } = reading;
  return [trim === true ? "trim()" : [], letters === undefined ? [] : `${letters}()`]
    .flat()
    .join(" and ");
}
