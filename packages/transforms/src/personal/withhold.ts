/** Removes personal data from what quarantine keeps of a refused record. */
import { pathsOfColumn, type Table, type TableColumn } from "../contract/checked-table.ts";
import { isPersonalColumn, maskedText, recordTable } from "../contract/personal.ts";
import type { Reason } from "../decode/exact.ts";
import { canonicalJson, isJsonObject, type JsonValue, parseJson } from "../decode/json.ts";
import type { Refused } from "../quarantine.ts";

/** What a key of a record may show: all that it holds, one value, nothing, or what is inside these keys and indexes. */
type Shown = "everything" | "value" | "mask" | ShownParts;
type ShownParts = Map<string | number | typeof eachElement, Shown>;
/** In place of an index: any element. */
const eachElement = Symbol("each element");

/** The messages of reasons that quote the record as a whole. */
const wholeRecord: Readonly<Record<string, string>> = {
  malformed_json: "the record is not JSON that can be read",
  not_an_object: "the record is not an object",
};

/**
 * Returns what removes personal data from the refused records of a table.
 *
 * A record keeps the values that the contract reads and does not mark. Marked ones are masked. Keys that no column reads are
 * left out, because nobody has said what they are. A record that can't be read is withheld.
 *
 * @returns undefined if no column is personal.
 */
export function withholder({
  recordColumns = [],
}: Pick<Table, "recordColumns">): ((refused: Refused) => Refused) | undefined {
  const personal = recordColumns.filter(isPersonalColumn);
  if (personal.length === 0) {
    return undefined;
  }
  const shown = shownParts(recordColumns);
  // The message of a column beside personal data may quote what was in the place of both.
  const keys = new Set(personal.flatMap(pathsOfColumn).map(([key]) => key));
  const isBeside = recordColumns.filter((each) =>
    pathsOfColumn(each).some(([key]) => keys.has(key)),
  );
  const hidden = new Set(isBeside.map(({ name }) => name));
  return (refused) => {
    const { raw, json, reasons } = refused;
    const [first, ...others] = reasons;
    return {
      ...refused,
      raw: Buffer.from(maskedRecord(json ?? raw.toString("utf8"), shown) ?? withheld(raw)),
      json: undefined,
      reasons: [plain(first, hidden), ...others.map((reason) => plain(reason, hidden))],
    };
  };
}

function shownParts(columns: readonly TableColumn[]): ShownParts {
  const shown: ShownParts = new Map();
  for (const column of columns) {
    const { child } = column;
    for (const path of pathsOfColumn(column).filter(({ length }) => length > 0)) {
      if (child === undefined) {
        show(shown, path, shownOf(column));
      } else {
        const inside = shownParts(recordTable(child).columns);
        for (const [key, what] of inside) {
          show(shown, [...path, eachElement, key], what);
        }
      }
    }
  }
  return shown;
}

function shownOf({ type, pii }: TableColumn): Shown {
  if (pii !== undefined) {
    return "mask";
  }
  return type.kind === "json" ? "everything" : "value";
}

/** Adds a path to what may be shown. */
function show(
  parts: ShownParts,
  path: readonly (string | number | typeof eachElement)[],
  what: Shown,
): void {
  const [key = "", ...rest] = path;
  const known = parts.get(key);
  // Personal data overlaps with nothing that is shown: the contract was checked.
  if (known === "everything" || known === "mask") {
    return;
  }
  if (rest.length === 0) {
    if (known === undefined || what !== "value") {
      parts.set(key, what);
    }
    return;
  }
  const inner: ShownParts = known instanceof Map ? known : new Map();
  parts.set(key, inner);
  show(inner, rest, what);
}

/** @returns undefined if it is not a JSON object. */
function maskedRecord(text: string, shown: ShownParts): string | undefined {
  try {
    const record = parseJson(text);
    return isJsonObject(record) ? canonicalJson(masked(record, shown)) : undefined;
  } catch {
    return undefined;
  }
}

function masked(value: JsonValue, shown: Shown): JsonValue {
  if (value === null || shown === "everything") {
    return value;
  }
  if (!(shown instanceof Map)) {
    return shown === "value" && !isJsonObject(value) && !Array.isArray(value) ? value : maskedText;
  }
  if (isJsonObject(value)) {
    const members = Object.entries(value).flatMap(([key, part]) => {
      const inner = shown.get(key);
      return inner === undefined ? [] : [[key, masked(part, inner)]];
    });
    return Object.fromEntries(members);
  }
  return Array.isArray(value)
    ? value.map((part: JsonValue, at) =>
        masked(part, shown.get(at) ?? shown.get(eachElement) ?? "mask"),
      )
    : maskedText;
}

function withheld(raw: Buffer): string {
  return `(withheld: ${raw.length} bytes)`;
}

function plain(reason: Reason, hidden: ReadonlySet<string>): Reason {
  const { column, rule } = reason;
  if (rule === "unknown_column") {
    const message = "the contract has no such column; its name may be personal data";
    return { ...reason, column: null, message };
  }
  if (column === null) {
    const message = wholeRecord[rule];
    return message === undefined ? reason : { ...reason, message };
  }
  const [outer = ""] = column.split(".", 1);
  return hidden.has(outer) && rule !== "missing"
    ? { ...reason, message: "the value is not shown, because it may be personal data" }
    : reason;
}
