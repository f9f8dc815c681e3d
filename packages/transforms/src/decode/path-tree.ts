/** The keys and indexes that lead to a contract's columns, as a tree of their bytes. */
import { pathsOfColumn, type TableColumn } from "../contract/checked-table.ts";
import type { Path } from "../contract/path.ts";

/** A column, as far as the scanner must find it. */
export type WantedColumn = Pick<TableColumn, "path" | "orPaths">;

/** Where the scanner puts the values of paths. */
export interface Slots {
  /** The slot of each path. A column with a path of its own has the slot of its own number. */
  readonly paths: readonly { readonly path: Path; readonly slot: number }[];
  /** After a record: what to copy to the slots of other columns, as long as they have no value. */
  readonly copies: readonly { readonly from: number; readonly to: number }[];
  readonly size: number;
}

/** Gives a slot to each path. Columns that share one, or have several, get copies. */
export function slotsOf(columns: readonly WantedColumn[]): Slots {
  const slots = new Map<string, { readonly path: Path; readonly slot: number }>();
  const others: [WantedColumn, number][] = [];
  columns.forEach((column, slot) => {
    // A computed column has none.
    if (column.path.length === 0) {
      return;
    }
    const key = JSON.stringify(column.path);
    if (column.orPaths !== undefined || slots.has(key)) {
      others.push([column, slot]);
    } else {
      slots.set(key, { path: column.path, slot });
    }
  });
  let size = columns.length;
  const copies = others.flatMap(([column, to]) =>
    pathsOfColumn(column).map((path) => {
      const key = JSON.stringify(path);
      const found = slots.get(key) ?? { path, slot: size++ };
      slots.set(key, found);
      return { from: found.slot, to };
    }),
  );
  return { paths: [...slots.values()], copies, size };
}

/** An element of an array that leads to a column. */
interface ElementNode {
  /** The column that it holds, or -1. */
  column: number;
  /** The keys or indexes inside it. */
  child: PathNode | undefined;
}

/** A key as records write it, quotes included, to compare four bytes at once. */
interface Key {
  readonly bytes: Uint8Array;
  readonly length: number;
  /** Its little-endian words. The last one ends with the key, so it may overlap the one before. */
  readonly words: Int32Array;
  /** Where the last word begins. */
  readonly lastAt: number;
  /** Which bits of the last word count: not all of a key of less than four bytes. */
  readonly mask: number;
}

/** The keys of one object of the record, or the indexes of one array. */
export interface PathNode {
  readonly keys: Key[];
  /** The column that each key holds, or -1. */
  readonly columns: number[];
  /** The keys or indexes inside each key's value. */
  readonly children: (PathNode | undefined)[];
  /** By index. */
  readonly elements: (ElementNode | undefined)[];
  /** The key that followed each key last time (at 0: the first key). It is tried first. */
  readonly followers: number[];
  /** The node's number, to notice an object that occurs twice in a record. */
  readonly id: number;
}

/**
 * Builds the tree.
 *
 * @returns The root and the number of nodes.
 */
export function pathTree(paths: Slots["paths"]): { root: PathNode; size: number } {
  let size = 0;
  const node = (): PathNode => ({
    keys: [],
    columns: [],
    children: [],
    elements: [],
    followers: [0],
    id: size++,
  });
  const root = node();
  for (const { path, slot } of paths) {
    let at = root;
    path.forEach((key, depth) => {
      const isLast = depth === path.length - 1;
      if (typeof key === "number") {
        const element = at.elements[key] ?? { column: -1, child: undefined };
        at.elements[key] = element;
        if (isLast) {
          element.column = slot;
          return;
        }
        element.child ??= node();
        at = element.child;
        return;
      }
      const index = indexOfKey(at, key);
      if (isLast) {
        at.columns[index] = slot;
        return;
      }
      const child = at.children[index] ?? node();
      at.children[index] = child;
      at = child;
    });
  }
  return { root, size };
}

/** The index of a key among the node's. It is added if it is new. */
function indexOfKey(node: PathNode, key: string): number {
  // JSON.stringify escapes some characters. Such a key never matches in the scanner, so the exact path,
  // which resolves escapes, reads the record.
  const bytes = new TextEncoder().encode(JSON.stringify(key));
  const known = node.keys.findIndex((each) => Buffer.compare(each.bytes, bytes) === 0);
  if (known !== -1) {
    return known;
  }
  node.columns.push(-1);
  node.children.push(undefined);
  node.followers.push(0);
  return node.keys.push(keyOf(bytes)) - 1;
}

function keyOf(bytes: Uint8Array): Key {
  const { length } = bytes;
  const lastAt = Math.max(0, length - 4);
  const padded = new DataView(new ArrayBuffer(Math.max(4, length)));
  bytes.forEach((byte, at) => {
    padded.setUint8(at, byte);
  });
  const words = Int32Array.from({ length: Math.ceil(length / 4) }, (_, word) =>
    padded.getInt32(Math.min(word * 4, lastAt), true),
  );
  return { bytes, length, words, lastAt, mask: length < 4 ? (1 << (length * 8)) - 1 : -1 };
}
