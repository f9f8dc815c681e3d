/** Reads the elements of an array as rows of a child. Both paths of the decoder use it. */
import type { Child, TableColumn } from "../contract/checked-table.ts";
import { pathText } from "../contract/path.ts";
import { maskedText, recordTable } from "../contract/personal.ts";
import type { PersonalKey } from "../personal/personal-key.ts";
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

/** The values of an element as text, by column, without those that are null. */
type Texts = Readonly<Record<string, string>>;

/** Of how many elements of a record the reasons are listed. */
const listedElements = 20;

/** Reads the arrays of one child. */
export class ChildReader {
  readonly #name: string;
  readonly #path: string;
  /** With the columns that elements have. */
  readonly #child: Child;
  readonly #isPersonal: boolean;
  readonly #elements: ElementReader;
  readonly #key: PersonalKey | undefined;

  /** @param key Hashes personal data. Without it, a hash is masked: only what is refused may then be of interest. */
  constructor(
    { name, path }: TableColumn,
    child: Child,
    elements: ElementReader,
    key: PersonalKey | undefined,
  ) {
    this.#name = name;
    this.#path = pathText(path);
    this.#child = recordTable(child);
    this.#isPersonal = child.recordColumns !== undefined;
    this.#elements = elements;
    this.#key = key;
  }

  /** Reads one array. */
  read(found: NonNullable<JsonValue>): ReadChildren {
    if (!Array.isArray(found)) {
      const message = `expected an array, found ${describeJson(found)}`;
      return { ok: false, reasons: [{ column: this.#name, rule: "wrong_type", message }] };
    }
    const rows: Texts[] = [];
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
        rows.push(this.#kept(row.texts));
      }
    }
    if (refused > listedElements) {
      const message = `${refused - listedElements} more elements of ${this.#path} are refused`;
      reasons.push({ column: this.#name, rule: "more_elements", message });
    }
    return refused > 0 ? { ok: false, reasons } : { ok: true, value: JSON.stringify(rows) };
  }

  /** The values of an element as text, without those that are null. */
  #row(element: JsonValue): { readonly texts: Texts } | { readonly reasons: readonly Reason[] } {
    const verdict = this.#elements.readValue(element, "the element");
    if (verdict.outcome === "refused") {
      return { reasons: verdict.reasons };
    }
    const values = verdict.outcome === "row" ? verdict.values : [];
    const texts: Record<string, string> = {};
    for (const [at, { name, type }] of this.#child.columns.entries()) {
      const value = values[at] ?? null;
      if (value !== null) {
        texts[name] = formatValue(type, value);
      }
    }
    return { texts };
  }

  /** What silver keeps of an element's values. */
  #kept(texts: Texts): Texts {
    if (!this.#isPersonal) {
      return texts;
    }
    return Object.fromEntries(
      this.#child.columns.flatMap((column) => {
        const text = texts[column.name];
        const kept = text === undefined ? undefined : this.#keptText(column, text);
        return kept === undefined ? [] : [[column.name, kept]];
      }),
    );
  }

  #keptText({ type, pii }: TableColumn, text: string): string | undefined {
    switch (pii) {
      case undefined:
        return text;
      case "hash":
        return this.#key?.hash(text) ?? maskedText;
      case "mask":
        return type.kind === "string" ? maskedText : undefined;
      case "drop":
        return undefined;
    }
  }

  /** The reason if an earlier element has the same key. */
  #repeated(texts: Texts, position: number, places: Map<string, number>): Reason[] {
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
