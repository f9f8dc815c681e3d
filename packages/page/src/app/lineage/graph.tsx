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

/** The drawing. Each node is a link that chooses it; arrow keys move between nodes. */
export function LineageGraph({
  lineage,
  chosen,
  zoom,
}: {
  readonly lineage: LineageData;
  /** The chosen node; null if none is. */
  readonly chosen: string | null;
  /** 1 is the natural size; null fits the drawing into its place. */
  readonly zoom: number | null;
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
  readonly zoom: number | null;
}): JSX.Element {
  const { lake } = useLake();
  const { width, height } = layout;
  const size =
    zoom === null
      ? { width: "100%", height: "100%" }
      : { width: Math.round(width * zoom), height: Math.round(height * zoom) };
  const isFaded = (...names: string[]) =>
    related !== null && !names.every((name) => related.has(name));
  return (
    <svg {...size} viewBox={`0 0 ${width} ${height}`} aria-label="Lineage">
      <defs>
        <marker
          id="arrow"
          viewBox="0 0 8 8"
          refX="7"
          refY="4"
          markerWidth="7"
          markerHeight="7"
          orient="auto"
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
              aria-label={`${node.name}, ${node.kind}, ${sub}`}
              aria-current={isChosen ? "true" : undefined}
            >
              <title>{node.name}</title>
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

function curve(points: Layout["edges"][number]["points"]): string {
  const [first, ...rest] = points;
  const last = rest.at(-1);
  if (first === undefined || last === undefined) {
    return "";
  }
  const middle = rest.slice(0, -1);
  const bends = middle.map((point, index) => {
    const next = middle[index + 1] ?? last;
    const end =
      index === middle.length - 1 ? last : { x: (point.x + next.x) / 2, y: (point.y + next.y) / 2 };
    return `Q${point.x} ${point.y} ${end.x} ${end.y}`;
  });
  return `M${first.x} ${first.y}${bends.length === 0 ? `L${last.x} ${last.y}` : bends.join("")}`;
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
