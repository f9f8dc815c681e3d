/** Places the nodes of the lineage from left to right. */
import { Graph, layout } from "@dagrejs/dagre";
import type { EdgeData, LineageData, NodeData } from "../../data.ts";

/** A node's size in pixels. */
export const nodeWidth = 208;
export const nodeHeight = 44;

/** A node and its center. */
export interface PlacedNode {
  readonly node: NodeData;
  readonly x: number;
  readonly y: number;
}

/** An edge and the points that it passes. */
export interface PlacedEdge {
  readonly edge: EdgeData;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

/** The drawing. */
export interface Layout {
  readonly width: number;
  readonly height: number;
  /** From left to right, then from top to bottom, which is the order of the keyboard. */
  readonly nodes: readonly PlacedNode[];
  readonly edges: readonly PlacedEdge[];
}

/** Places all nodes and edges. */
export function layoutOf({ nodes, edges }: LineageData): Layout {
  const graph = new Graph();
  graph.setGraph({ rankdir: "LR", nodesep: 14, ranksep: 56, marginx: 24, marginy: 24 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { name } of nodes) {
    graph.setNode(name, { width: nodeWidth, height: nodeHeight });
  }
  const drawn = edges.filter(({ from, to }) => graph.hasNode(from) && graph.hasNode(to));
  for (const { from, to } of drawn) {
    graph.setEdge(from, to);
  }
  layout(graph);
  const { width = 0, height = 0 } = graph.graph();
  return {
    width,
    height,
    nodes: nodes
      .map((node) => {
        const { x = 0, y = 0 } = graph.node(node.name);
        return { node, x, y };
      })
      .toSorted((a, b) => a.x - b.x || a.y - b.y),
    edges: drawn.map((edge) => ({ edge, points: pointsOf(graph, edge) })),
  };
}

/** The right of one node, where the edge passes others, the left of the other node. */
function pointsOf(graph: Graph, { from, to }: EdgeData): PlacedEdge["points"] {
  const start = graph.node(from);
  const end = graph.node(to);
  const between = (graph.edge(from, to).points ?? []).slice(1, -1);
  return [
    { x: (start.x ?? 0) + nodeWidth / 2, y: start.y ?? 0 },
    // The point between two neighbors would only bend the line.
    ...(between.length > 1 ? between : []),
    { x: (end.x ?? 0) - nodeWidth / 2, y: end.y ?? 0 },
  ];
}
