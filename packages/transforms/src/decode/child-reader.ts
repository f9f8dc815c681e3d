/** Reads the elements of an array as rows of a child. Both paths of the decoder use it. */
import type { Child, TableColumn } from "../contract/checked-table.ts";
import { pathText } from "../contract/path.ts";
import { formatValue } from "../types/column-type.ts";
import { describeJson } from "./exact-value.ts";
import type { JsonValue } from "./json.ts";
import type { Reason, Verdict } from "./verdict.ts";

/** Reads one element exactly. */
interface ElementReader {
  readValue(element: JsonValue, what: string): Verdict;
}

/** The rows of an array as JSON, or all reasons why its record is refused. */
export type ReadChildren =
  | { readonly ok: true; readonly value: string }
  | { readonly ok: false; readonly reasons: readonly Reason[] };

/** Of how many elements of a record the reasons are listed. */
const listedElements = 20;

/** Reads the arrays of one child. */
export class ChildReader {
  readonly #name: string;
  readonly #path: string;
  readonly #child: Child;
  readonly #elements: ElementReader;

  constructor({ name, path }: TableColumn, child: Child, elements: ElementReader) {
    this.#name = name;
    this.#path = pathText(path);
    this.#child = child;
    this.#elements = elements;
  }

  /** Reads one array. */
  read(found: NonNullable<JsonValue>): ReadChildren {
    if (!Array.isArray(found)) {
      const message = `expected an array, found ${describeJson(found)}`;
      return { ok: false, reasons: [{ column: this.#name, rule: "wrong_type", message }] };
    }
    const rows: Readonly<Record<string, string>>[] = [];
    const reasons: Reason[] = [];
    const places = new Map<string, number>();
    let refused = 0;
    for (const [position, element] of (found as readonly JsonValue[]).entries()) {
      const row = this.#row(element);
      const wrong = "reasons" in row ? row.reasons : this.#repeated(row.texts, position, places);
      if (wrong.length > 0) {
        refused += 1;
        if (refused <= listedElements) {
          reasons.push(...wrong.map((each) => this.#at(position, each)));
        }
      } else if ("texts" in row) {
        rows.push(row.texts);
      }
    }
    if (refused > listedElements) {
      const message = `${refused - listedElements} more elements of ${this.#path} are refused`;
      reasons.push({ column: this.#name, rule: "more_elements", message });
    }
    return refused > 0 ? { ok: false, reasons } : { ok: true, value: JSON.stringify(rows) };
  }

  /** The values of an element as text, without those that are null. */
  #row(
    element: JsonValue,
  ):
    | { readonly texts: Readonly<Record<string, string>> }
    | { readonly reasons: readonly Reason[] } {
    const verdict = this.#elements.readValue(element, "the element");
    if (verdict.outcome === "refused") {
      return { reasons: verdict.reasons };
    }
    const values = verdict.outcome === "row" ? verdict.values : [];
    return {
      texts: Object.fromEntries(
        this.#child.columns.flatMap(({ name, type }, at) => {
          const value = values[at] ?? null;
          return value === null ? [] : [[name, formatValue(type, value)]];
        }),
      ),
    };
  }

  /** The reason if an earlier element has the same key. */
  #repeated(
    texts: Readonly<Record<string, string>>,
    position: number,
    places: Map<string, number>,
  ): Reason[] {
    const { primaryKey } = this.#child;
    const [column = null] = primaryKey;
    if (column === null) {
      return [];
    }
    const key = JSON.stringify(primaryKey.map((name) => texts[name]));
    const other = places.get(key);
    places.set(key, other ?? position);
    const message = `it has the same key as ${this.#path}[${other}]`;
    return other === undefined ? [] : [{ column, rule: "repeated_key", message }];
  }

  #at(position: number, { column, rule, message }: Reason): Reason {
    return {
      column: column === null ? this.#name : `${this.#name}.${column}`,
      rule,
      message: `${this.#path}[${position}]: ${message}`,
    };
  }
}
