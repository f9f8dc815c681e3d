/** Moves through the lineage by arrow keys. */
import type { PlacedNode } from "./layout.ts";

const directions: Readonly<Record<string, readonly [number, number]>> = {
  ArrowRight: [1, 0],
  ArrowLeft: [-1, 0],
  ArrowDown: [0, 1],
  ArrowUp: [0, -1],
};

/** The nearest node in the direction of the key; undefined if there is none, or it is another key. */
export function nearestNode(
  here: PlacedNode,
  nodes: readonly PlacedNode[],
  key: string,
): PlacedNode | undefined {
  const direction = Object.hasOwn(directions, key) ? directions[key] : undefined;
  if (direction === undefined) {
    return undefined;
  }
  const [right, down] = direction;
  const ahead = nodes
    .map((node) => {
      const x = node.x - here.x;
      const y = node.y - here.y;
      // What is beside the way counts as farther.
      const along = x * right + y * down;
      const beside = Math.abs(x * down) + Math.abs(y * right);
      return { node, along, distance: along + 2 * beside };
    })
    .filter(({ along }) => along > 1);
  return ahead.toSorted((a, b) => a.distance - b.distance)[0]?.node;
}
