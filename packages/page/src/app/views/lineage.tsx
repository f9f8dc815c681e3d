/** Where everything comes from: a graph of tables and models, or the same as a list. */
import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import { findRelation, useLake } from "../lake-context.ts";
import { LineageGraph, type Zoom } from "../lineage/graph.tsx";
import { LineageList } from "../lineage/lineage-list.tsx";
import { neighborsOf, without } from "../lineage/related.ts";
import { Empty } from "../parts/loading.tsx";
import { hashOf } from "../routes.ts";
import { Checks } from "./about/checks.tsx";

const layers = ["bronze", "silver", "quarantine"] as const;
const zooms = [0.5, 0.75, 1, 1.5] as const;

/** The lineage. @param name The chosen node; null if none is. */
export function Lineage({ name }: { readonly name: string | null }): JSX.Element {
  const { lake } = useLake();
  const [isList, setList] = useState(false);
  const [hasLayers, setLayers] = useState(true);
  const [zoom, setZoom] = useState<Zoom>("auto");
  const lineage = useMemo(
    () => (hasLayers ? lake.lineage : without(lake.lineage, layers)),
    [lake, hasLayers],
  );
  const chosen = lineage.nodes.some((node) => node.name === name) ? name : null;
  if (lake.lineage.nodes.length === 0) {
    return <Empty>No table is defined yet.</Empty>;
  }
  return (
    <>
      <h1>Lineage</h1>
      <p class="actions">
        <button type="button" aria-pressed={!isList} onClick={() => setList(false)}>
          Graph
        </button>
        <button type="button" aria-pressed={isList} onClick={() => setList(true)}>
          List
        </button>
        <label>
          <input
            type="checkbox"
            checked={hasLayers}
            onChange={({ currentTarget: { checked } }) => setLayers(checked)}
          />{" "}
          with bronze, silver and quarantine
        </label>
        {isList ? null : (
          <label>
            Size{" "}
            <select
              value={String(zoom)}
              onChange={({ currentTarget: { value } }) =>
                setZoom(value === "auto" || value === "all" ? value : Number(value))
              }
            >
              <option value="auto">as wide as the page</option>
              <option value="all">all at once</option>
              {zooms.map((each) => (
                <option key={each} value={String(each)}>
                  {each * 100} %
                </option>
              ))}
            </select>
          </label>
        )}
      </p>
      {isList ? (
        <LineageList lineage={lineage} />
      ) : (
        <>
          <LineageGraph lineage={lineage} chosen={chosen} zoom={zoom} />
          {chosen === null ? (
            <p class="muted grid-note">
              Choose a node to follow what it is made from and what is made from it. Arrow keys move
              between nodes. Dashed lines are read by checks only.
            </p>
          ) : (
            <ChosenNode name={chosen} />
          )}
        </>
      )}
    </>
  );
}

function ChosenNode({ name }: { readonly name: string }): JSX.Element {
  const { lake } = useLake();
  const { reads, readBy } = neighborsOf(name, lake.lineage.edges);
  const relation = findRelation(lake, name);
  return (
    <section aria-labelledby="chosen">
      <h2 id="chosen">
        <bdi>{name}</bdi>
      </h2>
      {relation === undefined ? null : (
        <p class="actions">
          <a href={hashOf("about", name)}>About</a>
          <a href={hashOf("data", name)}>Data</a>
          <a href={hashOf("history", name)}>History</a>
        </p>
      )}
      <dl class="facts">
        <Nodes term="Reads" names={reads.map(({ from }) => from)} />
        <Nodes term="Is read by" names={readBy.map(({ to }) => to)} />
      </dl>
      {relation === undefined ? null : (
        <>
          <h3>Checks</h3>
          <Checks checks={relation.data.checks} now={lake.at} />
        </>
      )}
    </section>
  );
}

function Nodes({
  term,
  names,
}: {
  readonly term: string;
  readonly names: readonly string[];
}): JSX.Element {
  return (
    <div>
      <dt>{term}</dt>
      <dd>
        {names.length === 0
          ? "nothing"
          : names.map((each, index) => (
              <span key={each}>
                {index === 0 ? "" : ", "}
                <a href={hashOf("lineage", each)}>
                  <bdi>{each}</bdi>
                </a>
              </span>
            ))}
      </dd>
    </div>
  );
}
