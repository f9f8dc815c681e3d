/** The keys that lead to a contract's columns, as a tree of their bytes. */
import type { TableColumn } from "../contract/table.ts";

/** The keys of one object of the record. */
export interface PathNode {
  /** Each key as records write it, quotes included. */
  readonly keys: Uint8Array[];
  /** The same as little-endian words of four bytes, without the remaining bytes. */
  readonly words: Int32Array[];
  /** The column that each key holds, or -1. */
  readonly columns: number[];
  /** The keys inside each key's object. */
  readonly children: (PathNode | undefined)[];
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
export function pathTree(columns: readonly Pick<TableColumn, "path">[]): {
  root: PathNode;
  size: number;
} {
  let size = 0;
  const node = (): PathNode => ({
    keys: [],
    words: [],
    columns: [],
    children: [],
    followers: [0],
    id: size++,
  });
  const root = node();
  columns.forEach(({ path }, column) => {
    let at = root;
    path.forEach((key, depth) => {
      // JSON.stringify escapes some characters. Such a key never matches in the scanner, so the exact path,
      // which resolves escapes, reads the record.
      const bytes = new TextEncoder().encode(JSON.stringify(key));
      let index = at.keys.findIndex((each) => Buffer.compare(each, bytes) === 0);
      if (index === -1) {
        index = at.keys.push(bytes) - 1;
        at.words.push(wordsOf(bytes));
        at.columns.push(-1);
        at.children.push(undefined);
        at.followers.push(0);
      }
      if (depth === path.length - 1) {
        at.columns[index] = column;
        return;
      }
      const child = at.children[index] ?? node();
      at.children[index] = child;
      at = child;
    });
  });
  return { root, size };
}

function wordsOf(bytes: Uint8Array): Int32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Int32Array.from({ length: bytes.length >> 2 }, (_, i) => view.getInt32(i * 4, true));
}
