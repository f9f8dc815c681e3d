/** Finds the name that the user probably meant. */
import { closestMatch } from "leven";

/** What other tools call our types and functions. */
const synonyms: Readonly<Record<string, string>> = {
  numeric: "decimal",
  number: "float64",
  real: "float64",
  float: "float64",
  double: "float64",
  int: "int32",
  integer: "int32",
  bigint: "int64",
  long: "int64",
  text: "string",
  varchar: "string",
  bool: "boolean",
  datetime: "timestamp",
  enum: "accepts",
  required: "notNull",
  strip: "trim",
  lowercase: "lower",
  uppercase: "upper",
  replace: "map",
  format: "parse",
  utc: "assumeUtc",
  seconds: "s",
  milliseconds: "ms",
  microseconds: "us",
  nanoseconds: "ns",
  days: "d",
};

/** Finds the name that is most similar to the given one. @returns undefined if none is similar. */
export function nearest(given: string, names: readonly string[]): string | undefined {
  const bare = (name: string): string => name.toLowerCase().replaceAll("_", "");
  const wanted = bare(given);
  const synonym = synonyms[wanted];
  if (synonym !== undefined && names.includes(synonym)) {
    return synonym;
  }
  const byBare = new Map(names.map((name) => [bare(name), name]));
  const all = [...byBare.keys()];
  const maxDistance = Math.max(1, Math.ceil(wanted.length * 0.4));
  const match =
    closestMatch(wanted, all, { maxDistance }) ??
    all.find((name) => wanted.length >= 3 && (name.startsWith(wanted) || wanted.startsWith(name)));
  return match === undefined ? undefined : byBare.get(match);
}

/** A hint with the most similar name, or with all names. */
export function didYouMean(given: string, names: readonly string[]): string {
  const found = nearest(given, names);
  return found === undefined ? `Use one of ${names.join(", ")}.` : `Did you mean ${found}?`;
}
