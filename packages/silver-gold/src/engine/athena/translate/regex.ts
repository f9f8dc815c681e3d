/** Regular expressions that DuckDB (RE2) and Athena (Joni) read alike. Any other is refused. */
import { leaveIt, Refused } from "./refused.ts";

/** Classes that RE2 has in ASCII, and Joni in all of Unicode. */
const classes: Readonly<Record<string, string>> = {
  d: "0-9",
  w: "0-9A-Za-z_",
  s: "\\t\\n\\f\\r ",
};

/** What is the same in both, one piece after the other. */
const pieces =
  /\\(?<class>[dws])|\\(?<escaped>[^A-Za-z0-9])|\\(?<control>[tnr])|\[(?<negated>\^?)(?<members>(?:\\[^\n]|[^\]\\[&~|-]|(?<=[^[^])-(?=[^\]]))+)\]|(?<any>\.)|(?<end>\$)|(?<group>\((?:\?:)?|\)|\|)|(?<start>\^)|(?<repeat>(?:[*+?]|\{\d{1,3}(?:,\d{0,3})?\})\??)|(?<plain>[^\\[\]{}])/uy;

/**
 * The expression in Athena's words.
 *
 * @throws Refused if it has a part that the two may read differently.
 */
export function athenaPattern(pattern: string): string {
  let result = "";
  let open = 0;
  pieces.lastIndex = 0;
  while (pieces.lastIndex < pattern.length) {
    const at = pieces.lastIndex;
    const groups = pieces.exec(pattern)?.groups;
    if (groups === undefined) {
      throw refused(pattern, pattern.slice(at));
    }
    const { members, negated, any, end, group, repeat } = groups;
    if (group !== undefined) {
      open += group.startsWith("(") ? 1 : group === ")" ? -1 : 0;
    }
    if (open < 0 || (repeat !== undefined && /(^|[(|^])$/.test(result))) {
      throw refused(pattern, pattern.slice(at));
    }
    if (groups["class"] !== undefined) {
      result += `[${classes[groups["class"]]}]`;
    } else if (members !== undefined) {
      result += `[${negated}${membersOf(pattern, members)}]`;
    } else if (any !== undefined) {
      result += "[^\\n]";
    } else if (end !== undefined) {
      // Joni's `$` is also in front of a line end at the end.
      result += "\\z";
    } else {
      result += pattern.slice(at, pieces.lastIndex);
    }
  }
  if (open !== 0) {
    throw refused(pattern, pattern);
  }
  return result;
}

/** Whether an expression may match nothing at all: then the two replace at other places. */
export function mayBeEmpty(athena: string): boolean {
  try {
    return new RegExp(`^(?:${athena.replaceAll("\\z", "$")})$`, "u").test("");
  } catch {
    return true;
  }
}

/**
 * What replaces a match, in Athena's words: `\1` is `$1`.
 *
 * @throws Refused if it names something else.
 */
export function athenaReplacement(replacement: string): string {
  return replacement.replace(/\\(.?)|\$/g, (found, next: string | undefined) => {
    if (found === "$") {
      return "\\$";
    }
    if (next === undefined || !/\d/.test(next)) {
      throw new Refused(`the replacement ${replacement} has a ${found}`, leaveIt);
    }
    return `$${next}`;
  });
}

function membersOf(pattern: string, members: string): string {
  return members.replace(/\\(.)/gu, (found, escaped: string) => {
    const inner = classes[escaped];
    if (inner === undefined && /[A-Za-z0-9]/.test(escaped) && !/[tnr]/.test(escaped)) {
      throw refused(pattern, found);
    }
    return inner ?? found;
  });
}

function refused(pattern: string, rest: string): Refused {
  return new Refused(
    `Athena may read the regular expression ${pattern} differently, from ${rest} on`,
    "Use characters, [classes], groups, |, * + ? {n,m}, ^ and $ only.",
  );
}
