/** Counts what records hold, key by key, in a bounded amount of memory. */
import { isJsonObject, type JsonValue, numberSource } from "@lakehouse/transforms/decode/json";
import { NumberProfile } from "./numbers.ts";
import { StringProfile } from "./strings.ts";

/** An object with more keys is a map: its keys are data, not names. */
const maximumKeys = 300;
/** How deep keys become columns. */
const maximumDepth = 6;
/** The bounds of the records that are kept. */
const kept = { records: 10_000, characters: 16 * 1024 * 1024 };

/** What one key held. */
export class KeyProfile {
  readonly path: readonly string[];
  nulls = 0;
  booleans = 0;
  arrays = 0;
  objects = 0;
  /** Whether the object's keys are too many, too deep or can't be read by a path. */
  isMap = false;
  readonly numbers = new NumberProfile();
  readonly strings = new StringProfile();
  readonly children = new Map<string, KeyProfile>();
  /** The keys of the objects in arrays. */
  readonly elementKeys = new Set<string>();
  /** What the elements of arrays hold; undefined until there is one, and within elements. */
  elements: KeyProfile | undefined;
  /** How many elements are not objects. */
  otherElements = 0;
  readonly #isWithinElement: boolean;

  constructor(path: readonly string[], isWithinElement = false) {
    this.path = path;
    this.#isWithinElement = isWithinElement;
  }

  /** How often it had a value other than null. */
  get values(): number {
    return this.booleans + this.arrays + this.objects + this.numbers.count + this.strings.count;
  }

  add(value: JsonValue): void {
    if (value === null) {
      this.nulls += 1;
    } else if (typeof value === "string") {
      this.strings.add(value);
    } else if (typeof value === "boolean") {
      this.booleans += 1;
    } else if (Array.isArray(value)) {
      this.arrays += 1;
      this.#addElements(value);
    } else if (isJsonObject(value)) {
      this.objects += 1;
      this.#addMembers(value);
    } else {
      this.numbers.add(numberSource(value) ?? "0");
    }
  }

  #addElements(elements: readonly JsonValue[]): void {
    for (const element of elements.slice(0, 100)) {
      if (isJsonObject(element)) {
        for (const key of Object.keys(element)) {
          if (this.elementKeys.size < 12) {
            this.elementKeys.add(key);
          }
        }
      }
    }
    if (this.#isWithinElement) {
      return;
    }
    for (const element of elements) {
      if (isJsonObject(element)) {
        this.elements ??= new KeyProfile([], true);
        this.elements.add(element);
      } else {
        this.otherElements += 1;
      }
    }
  }

  #addMembers(members: { readonly [key: string]: JsonValue }): void {
    if (this.isMap) {
      return;
    }
    for (const [key, value] of Object.entries(members)) {
      const child =
        this.children.get(key) ?? new KeyProfile([...this.path, key], this.#isWithinElement);
      this.children.set(key, child);
      child.add(value);
      const isUnreadable = this.path.length > 0 && /^\d+$/.test(key);
      const isTooMuch = this.children.size > maximumKeys || this.path.length >= maximumDepth;
      const isRecord = this.path.length === 0 && !this.#isWithinElement;
      if (!isRecord && (isUnreadable || isTooMuch)) {
        this.isMap = true;
        this.children.clear();
        return;
      }
    }
  }
}

/** What all records held. */
export class Profile {
  readonly root = new KeyProfile([]);
  /** The first records. */
  readonly records: JsonValue[] = [];
  #count = 0;
  #characters = 0;

  get count(): number {
    return this.#count;
  }

  /** @param text The record as it was sent. */
  add(record: JsonValue, text: string): void {
    this.#count += 1;
    this.root.add(record);
    this.#characters += text.length;
    if (this.records.length < kept.records && this.#characters <= kept.characters) {
      this.records.push(record);
    }
  }
}
