/** Paths to values in a record, as `from()` takes them. */
import { type Mistake, shown } from "../mistakes/options.ts";

/** The keys of objects and the indexes into arrays that lead to a value, outermost first. */
export type Path = readonly (string | number)[];

/** What `from()` takes: a key or an index of one path, or a whole path as text or as a list. */
export type PathArgument = string | number | Path;

/** Arrays are read element by element up to here. */
const maximumIndex = 999;

const example = 'Write keys and indexes: .from("items[0].sku").';

/** Reads the arguments of `from()`. */
export function pathsOf(given: readonly unknown[]): readonly Path[] | Mistake {
  const areLists = given.some((each) => Array.isArray(each));
  if (!areLists && !given.some(isText)) {
    return listed([given]);
  }
  const key = given.find((each) => typeof each === "number" || !(areLists || isText(each)));
  if (key !== undefined) {
    return {
      problem: `from() mixes whole paths with the key ${JSON.stringify(key)}`,
      hint: 'Write each path as a list: .from(["id"], ["user", "id"]). A key with a dot is a list, too: .from(["a.b"]).',
    };
  }
  const paths = given.map((each) => (typeof each === "string" ? parsed(each) : each));
  const wrong = given.find((_, index) => paths[index] === undefined);
  return wrong === undefined
    ? listed(paths)
    : { problem: `from() can't read the path ${JSON.stringify(wrong)}`, hint: example };
}

/** Whether it is a whole path as text. */
function isText(given: unknown): boolean {
  return typeof given === "string" && /[.[\]]/.test(given);
}

/** Reads `items[0].sku`. @returns undefined if it is written in another way. */
function parsed(text: string): Path | undefined {
  if (!/^[^.[\]]+(?:\[\d{1,9}\]|\.[^.[\]]+)*$/.test(text)) {
    return undefined;
  }
  return [...text.matchAll(/\[(\d+)\]|[^.[\]]+/g)].map(([key, index]) =>
    index === undefined ? key : Number(index),
  );
}

/** Checks the keys of each path. */
function listed(paths: readonly unknown[]): readonly Path[] | Mistake {
  for (const path of paths) {
    if (!Array.isArray(path)) {
      return { problem: `a path of from() is ${shown(path)}`, hint: example };
    }
    for (const [at, key] of path.entries()) {
      const mistake = keyMistake(key, at);
      if (mistake !== undefined) {
        return mistake;
      }
    }
  }
  return paths as readonly Path[];
}

function keyMistake(key: unknown, at: number): Mistake | undefined {
  if (typeof key === "number") {
    if (at === 0) {
      return {
        problem: `a path of from() begins with the index ${key}`,
        hint: "Begin with a key.",
      };
    }
    return Number.isInteger(key) && key >= 0 && key <= maximumIndex
      ? undefined
      : {
          problem: `from() can't read the index ${key}`,
          hint: `Use a whole number from 0 to ${maximumIndex}, or read the whole array as json().`,
        };
  }
  if (typeof key !== "string") {
    return { problem: `a key of from() is ${shown(key)}`, hint: "Write a string." };
  }
  return at > 0 && /^\d+$/.test(key)
    ? {
        problem: `from() has the key ${JSON.stringify(key)}, which looks like an index into an array`,
        hint: `For an index write the number: ${Number(key)}.`,
      }
    : undefined;
}

/** `items[0].sku`. */
export function pathText(path: Path): string {
  return path
    .map((key, at) => (typeof key === "number" ? `[${key}]` : at === 0 ? key : `.${key}`))
    .join("");
}

/** The JSON in front of a record in an envelope of its own, and behind it. @param unwrap The array with the records. */
export function envelope(unwrap: Path): readonly [string, string] {
  return unwrap.reduceRight<readonly [string, string]>(
    ([before, after], key) =>
      typeof key === "number"
        ? [`[${"null,".repeat(key)}${before}`, `${after}]`]
        : [`{${JSON.stringify(key)}:${before}`, `${after}}`],
    ["[", "]"],
  );
}
