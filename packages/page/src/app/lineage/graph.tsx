/** The lineage as a drawing. */
import type { JSX, TargetedKeyboardEvent } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { LineageData } from "../../data.ts";
import { useLake } from "../lake-context.ts";
import { hashOf } from "../routes.ts";
import { type Layout, layoutOf, nodeHeight, nodeWidth, type PlacedNode } from "./layout.ts";
import { nearestNode } from "./nearest-node.ts";
import { nodeText, shortName } from "./node-text.ts";
import { relatedTo } from "./related.ts";

/** A factor of the natural size. `auto`: as wide as the page, unless that is too small to read. `all`: everything at once. */
export type Zoom = "auto" | "all" | number;

const smallest = 0.7;

function sizeOf({ width, height }: Layout, zoom: Zoom): Record<string, string> {
  switch (zoom) {
    case "all":
      return { width: "100%", height: "70vh" };
    case "auto":
      return {
        width: "100%",
        maxWidth: `${width}px`,
        minWidth: `${Math.round(width * smallest)}px`,
      };
    default:
      return { width: `${Math.round(width * zoom)}px`, height: `${Math.round(height * zoom)}px` };
  }
}

/** The drawing. Each node is a link that chooses it; arrow keys move between nodes. */
export function LineageGraph({
  lineage,
  chosen,
  zoom,
}: {
  readonly lineage: LineageData;
  /** The chosen node; null if none is. */
  readonly chosen: string | null;
  readonly zoom: Zoom;
}): JSX.Element {
  const layout = useMemo(() => layoutOf(lineage), [lineage]);
  const place = useRef<HTMLDivElement>(null);
  const related = useMemo(
    () => (chosen === null ? null : relatedTo(chosen, lineage.edges)),
    [chosen, lineage],
  );
  useEffect(() => {
    const element = place.current?.querySelector(".chosen.node");
    element?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [chosen, layout]);
  const onKeyDown = (event: TargetedKeyboardEvent<HTMLDivElement>) => {
    const here = layout.nodes.find(({ node }) => node.name === focusedName(event.currentTarget));
    const next = here === undefined ? undefined : nearestNode(here, layout.nodes, event.key);
    if (next !== undefined) {
      event.preventDefault();
      linkOf(event.currentTarget, next)?.focus();
    }
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the links inside have the focus; arrow keys only move it.
    <div class="graph" ref={place} onKeyDown={onKeyDown}>
      <Drawing layout={layout} chosen={chosen} related={related} zoom={zoom} />
    </div>
  );
}

function Drawing({
  layout,
  chosen,
  related,
  zoom,
}: {
  readonly layout: Layout;
  readonly chosen: string | null;
  readonly related: ReadonlySet<string> | null;
  readonly zoom: Zoom;
}): JSX.Element {
  const { lake } = useLake();
  const { width, height } = layout;
  const size = sizeOf(layout, zoom);
  const isFaded = (...names: string[]) =>
    related !== null && !names.every((name) => related.has(name));
  return (
    <svg style={size} viewBox={`0 0 ${width} ${height}`} aria-label="Lineage">
      <defs>
        <marker
          id="arrow"
          viewBox="0 0 8 8"
          refX="7"
          refY="4"
          markerWidth="9"
          markerHeight="9"
          orient="auto"
          markerUnits="userSpaceOnUse"
        >
          <path d="M0 0 8 4 0 8Z" />
        </marker>
      </defs>
      {layout.edges.map(({ edge, points }) => (
        <path
          key={`${edge.from}\n${edge.to}\n${edge.kind}`}
          class={`edge ${edge.kind} ${isFaded(edge.from, edge.to) ? "faded" : related === null ? "" : "chosen"}`}
          d={curve(points)}
          marker-end="url(#arrow)"
        />
      ))}
      {layout.nodes.map(({ node, x, y }) => {
        const { sub, isBad } = nodeText(node, lake);
        const isChosen = node.name === chosen;
        return (
          <g key={node.name} transform={`translate(${x - nodeWidth / 2} ${y - nodeHeight / 2})`}>
            <a
              class={`node ${node.kind} ${isChosen ? "chosen" : ""} ${isFaded(node.name) ? "faded" : ""}`}
              href={hashOf("lineage", isChosen ? null : node.name)}
              data-name={node.name}
              aria-current={isChosen ? "true" : undefined}
            >
              <title>{`${node.name}, ${node.kind}, ${sub}`}</title>
              <rect class="box" width={nodeWidth} height={nodeHeight} rx={5} />
              <rect class="stripe" width={4} height={nodeHeight} rx={2} />
              <text x={14} y={18}>
                {shortName(node.name)}
              </text>
              <text class={`sub ${isBad ? "bad" : ""}`} x={14} y={34}>
                {sub}
              </text>
            </a>
          </g>
        );
      })}
    </svg>
  );
}

/** From the right of one node to the left of another, past the nodes between them. */
function curve(points: Layout["edges"][number]["points"]): string {
  const [first, ...rest] = points;
  return first === undefined
    ? ""
    : rest.reduce((path, { x, y }, index) => {
        const from = points[index] ?? first;
        const middle = (from.x + x) / 2;
        return `${path}C${middle} ${from.y} ${middle} ${y} ${x} ${y}`;
      }, `M${first.x} ${first.y}`);
}

function focusedName(place: HTMLElement): string | undefined {
  const focused = place.ownerDocument.activeElement;
  return focused instanceof SVGElement ? focused.dataset["name"] : undefined;
}

function linkOf(place: HTMLElement, { node }: PlacedNode): SVGElement | undefined {
  return [...place.querySelectorAll<SVGElement>("a.node")].find(
    (each) => each.dataset["name"] === node.name,
  );
}
