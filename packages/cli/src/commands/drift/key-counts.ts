/** Counts the keys of records that a contract does not read, and the values of types that its columns refuse. */
import { parseBronzeKey } from "@lakehouse/lake/keys";
import { shortened } from "@lakehouse/terminal/words";
import { pathsOfColumn } from "@lakehouse/transforms/contract/checked-table";
import { type Path, pathText } from "@lakehouse/transforms/contract/path";
import { recordTable } from "@lakehouse/transforms/contract/personal";
import type { Table, TableColumn } from "@lakehouse/transforms/contract/table";
import { isJsonObject, type JsonValue, numberSource } from "@lakehouse/transforms/decode/json";
import { definitionOf } from "@lakehouse/transforms/types/types";
import { snakeCase, suggests } from "../init/infer/names.ts";

/** A key that no column reads, or a type that its column does not read. */
export interface Found {
  /** Where it is in records: `payer.vat_id`, or `items[].size` in elements of an array. */
  readonly key: string;
  /** The column that reads the key, but not values of this type. Null if no column reads the key. */
  readonly column: string | null;
  /** `string`, `number`, `boolean`, `object`, `array`, `null`. */
  readonly types: readonly string[];
  readonly records: number;
  /** When the first object with it arrived (UTC), and its key. */
  readonly firstSeen: string;
  readonly object: string;
  /** Values as they were sent. None if the key looks like personal data. */
  readonly examples: readonly string[];
}

interface Counted {
  readonly path: Path;
  readonly column: string | null;
  readonly types: Set<string>;
  readonly examples: string[];
  records: number;
  firstSeen: string;
  object: string;
}

interface Node {
  /** The columns that read the value itself. */
  readonly columns: TableColumn[];
  readonly members: Map<string, Node>;
  readonly elements: Map<number, Node>;
  /** All elements of an array, if they are rows of a child. */
  every?: Node;
}

/** More keys within one object are data, and are reported as the object. */
const mostKeys = 200;
const shownCharacters = 60;
/** Stands for any element of an array in a path. */
const everyElement = "[]";

/** The counts so far. */
export class KeyCounts {
  readonly #root = newNode();
  readonly #found = new Map<string, Counted>();
  readonly #samples: number;
  /** What the current record has been counted for. */
  readonly #noted = new Set<Counted>();

  constructor(table: Table, samples: number) {
    this.#samples = samples;
    addColumns(this.#root, recordTable(table).columns);
  }

  /** @param object The bronze object that the record is in. */
  add(record: JsonValue, object: string): void {
    this.#noted.clear();
    if (isJsonObject(record)) {
      this.#members(this.#root, record, [], object);
    }
  }

  sorted(): readonly Found[] {
    return [...this.#found.values()]
      .sort((a, b) => b.records - a.records)
      .map(({ path, types, ...counted }) => ({
        ...counted,
        key: pathText(path).replaceAll(`.${everyElement}`, everyElement),
        types: [...types],
      }));
  }

  #members(
    node: Node,
    record: { readonly [key: string]: JsonValue },
    path: Path,
    object: string,
  ): void {
    for (const [key, value] of Object.entries(record)) {
      const inside = [...path, key];
      const child = node.members.get(key);
      if (child === undefined) {
        this.#note(inside, null, value, object);
      } else {
        this.#value(child, value, inside, object);
      }
    }
  }

  #value(node: Node, value: JsonValue, path: Path, object: string): void {
    const refusing = node.columns.filter((column) => !readsType(column, value));
    for (const column of refusing) {
      this.#note(path, column, value, object);
    }
    if (node.columns.some(({ type, child }) => type.kind === "json" && child === undefined)) {
      return;
    }
    if (node.every !== undefined && Array.isArray(value)) {
      for (const element of value.filter(isJsonObject)) {
        this.#members(node.every, element, [...path, everyElement], object);
      }
    }
    if (node.members.size > 0 && isJsonObject(value)) {
      this.#members(node, value, path, object);
    }
    if (node.elements.size > 0 && Array.isArray(value)) {
      for (const [index, element] of node.elements) {
        const found: JsonValue | undefined = value[index];
        if (found !== undefined) {
          this.#value(element, found, [...path, index], object);
        }
      }
    }
  }

  #note(path: Path, column: TableColumn | null, value: JsonValue, object: string): void {
    const { arrival } = parseBronzeKey(object);
    const id = JSON.stringify([path, column?.name]);
    const known = this.#found.get(id);
    if (known === undefined && this.#found.size >= mostKeys) {
      this.#noteMany(path, object, arrival);
      return;
    }
    const counted = known ?? {
      path,
      column: column?.name ?? null,
      types: new Set<string>(),
      examples: [],
      records: 0,
      firstSeen: arrival,
      object,
    };
    this.#found.set(id, counted);
    counted.records += this.#noted.has(counted) ? 0 : 1;
    this.#noted.add(counted);
    counted.types.add(typeOf(value));
    if (arrival < counted.firstSeen) {
      counted.firstSeen = arrival;
      counted.object = object;
    }
    const isPersonal =
      column?.pii !== undefined || path.some((key) => suggests.personal(snakeCase(String(key))));
    const example =
      isPersonal || isStructure(value)
        ? undefined
        : shortened(JSON.stringify(value), shownCharacters);
    if (
      example !== undefined &&
      counted.examples.length < this.#samples &&
      !counted.examples.includes(example)
    ) {
      counted.examples.push(example);
    }
  }

  /** Counts keys beyond the most that are listed as one. */
  #noteMany(path: Path, object: string, arrival: string): void {
    const id = "many";
    const counted = this.#found.get(id) ?? {
      path: [...path.slice(0, -1), "…"],
      column: null,
      types: new Set<string>(),
      examples: [],
      records: 0,
      firstSeen: arrival,
      object,
    };
    counted.records += this.#noted.has(counted) ? 0 : 1;
    this.#noted.add(counted);
    this.#found.set(id, counted);
  }
}

/** Adds what columns read of a record, or of an element of a child. */
function addColumns(root: Node, columns: readonly TableColumn[]): void {
  const read = columns.filter(({ computed, path }) => computed === undefined && path.length > 0);
  for (const column of read) {
    for (const path of pathsOfColumn(column)) {
      let at = root;
      for (const key of path) {
        at = typeof key === "number" ? childOf(at.elements, key) : childOf(at.members, key);
      }
      at.columns.push(column);
      if (column.child !== undefined) {
        at.every ??= newNode();
        addColumns(at.every, recordTable(column.child).columns);
      }
    }
  }
}

function newNode(): Node {
  return { columns: [], members: new Map(), elements: new Map() };
}

function childOf<K>(children: Map<K, Node>, key: K): Node {
  const child = children.get(key) ?? newNode();
  children.set(key, child);
  return child;
}

/** The JSON types that columns read, because a column is asked about each of its values. */
const knownForms = new WeakMap<TableColumn, readonly string[]>();

function formsOf(column: TableColumn): readonly string[] {
  const { type, reading = {} } = column;
  const bounds = { minimum: undefined, maximum: undefined };
  const forms = knownForms.get(column) ?? definitionOf(type).jsonSchema(reading, bounds, type).type;
  knownForms.set(column, forms);
  return forms;
}

/** Whether a column has values of this JSON type at all. */
function readsType(column: TableColumn, value: JsonValue): boolean {
  if (column.child !== undefined) {
    return value === null || Array.isArray(value);
  }
  const found = typeOf(value);
  const isMapped = column.reading?.map !== undefined && !isStructure(value);
  if (value === null || isMapped) {
    return true;
  }
  const forms = formsOf(column);
  return forms.includes(found) || (found === "number" && forms.includes("integer"));
}

function typeOf(value: JsonValue): string {
  if (value === null) {
    return "null";
  }
  if (Array.isArray(value)) {
    return "array";
  }
  return numberSource(value) === undefined ? typeof value : "number";
}

function isStructure(value: JsonValue): boolean {
  return Array.isArray(value) || isJsonObject(value);
}
