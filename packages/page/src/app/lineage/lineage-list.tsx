/** The lineage as a table. */
import type { JSX } from "preact";
import type { EdgeData, LineageData } from "../../data.ts";
import { findRelation, useLake } from "../lake-context.ts";
import { ChecksBadge } from "../parts/checks-badge.tsx";
import { LayerDot } from "../parts/layer-dot.tsx";
import { ScrollRegion } from "../parts/scroll-region.tsx";
import { hashOf } from "../routes.ts";
import { neighborsOf } from "./related.ts";

/** A row for each node, with what it reads and what reads it. */
export function LineageList({ lineage }: { readonly lineage: LineageData }): JSX.Element {
  const { lake } = useLake();
  return (
    <ScrollRegion label="Lineage as a list">
      <table>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Kind</th>
            <th scope="col">Reads</th>
            <th scope="col">Is read by</th>
            <th scope="col">Checks</th>
          </tr>
        </thead>
        <tbody>
          {lineage.nodes.map(({ name, kind }) => {
            const { reads, readBy } = neighborsOf(name, lineage.edges);
            const relation = findRelation(lake, name);
            return (
              <tr key={name}>
                <th scope="row">
                  <LayerDot kind={kind} />
                  {relation === undefined ? (
                    <bdi>{name}</bdi>
                  ) : (
                    <a href={hashOf("about", name)}>
                      <bdi>{name}</bdi>
                    </a>
                  )}
                </th>
                <td>{kind}</td>
                <td>
                  <Names edges={reads} nameOf={({ from }) => from} />
                </td>
                <td>
                  <Names edges={readBy} nameOf={({ to }) => to} />
                </td>
                <td>
                  {relation === undefined ? "" : <ChecksBadge checks={relation.data.checks} />}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </ScrollRegion>
  );
}

function Names({
  edges,
  nameOf,
}: {
  readonly edges: readonly EdgeData[];
  readonly nameOf: (edge: EdgeData) => string;
}): JSX.Element {
  return (
    <>
      {edges
        .map((edge) => (edge.kind === "check" ? `${nameOf(edge)} (checks)` : nameOf(edge)))
        .join(", ")}
    </>
  );
}
