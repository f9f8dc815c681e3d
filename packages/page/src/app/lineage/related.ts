/** Follows the lineage from one node. */
import type { EdgeData, LineageData } from "../../data.ts";

/** The names of a node, of all that it is made from, and of all that is made from it. */
export function relatedTo(name: string, edges: readonly EdgeData[]): ReadonlySet<string> {
  return new Set([
    ...reach(name, edges, ({ from, to }) => [to, from]),
    ...reach(name, edges, ({ from, to }) => [from, to]),
  ]);
}

/** What a node reads, and what reads it, without the nodes between. */
export function neighborsOf(
  name: string,
  edges: readonly EdgeData[],
): { readonly reads: readonly EdgeData[]; readonly readBy: readonly EdgeData[] } {
  return {
    reads: edges.filter(({ to }) => to === name),
    readBy: edges.filter(({ from }) => from === name),
  };
}

/** The lineage without some kinds of nodes. What led through a removed node now leads past it. */
export function without(
  { nodes, edges }: LineageData,
  kinds: readonly LineageData["nodes"][number]["kind"][],
): LineageData {
  const removed = nodes.filter(({ kind }) => kinds.includes(kind)).map(({ name }) => name);
  let kept = edges;
  for (const name of removed) {
    const { reads, readBy } = neighborsOf(name, kept);
    const past = reads.flatMap(({ from }) => readBy.map((edge) => ({ ...edge, from })));
    kept = [...kept.filter(({ from, to }) => from !== name && to !== name), ...past];
  }
  const unique = new Map(kept.map((edge) => [`${edge.from}\n${edge.to}\n${edge.kind}`, edge]));
  return {
    nodes: nodes.filter(({ kind }) => !kinds.includes(kind)),
    edges: [...unique.values()],
  };
}

function reach(
  name: string,
  edges: readonly EdgeData[],
  step: (edge: EdgeData) => readonly [here: string, next: string],
): Set<string> {
  const reached = new Set([name]);
  for (const each of reached) {
    for (const edge of edges) {
      const [here, next] = step(edge);
      if (here === each) {
        reached.add(next);
      }
    }
  }
  return reached;
}
