/** What each table has in each layer. */
import type { JSX } from "preact";
import type { FlowData, LakeData, LayerData, RefusalsData } from "../../../data.ts";
import { formatCount } from "../../format.ts";
import { Empty } from "../../parts/loading.tsx";
import { PageTime } from "../../parts/page-time.tsx";
import { ScrollRegion } from "../../parts/scroll-region.tsx";
import { hashOf } from "../../routes.ts";

/** A row for each table. */
export function FlowTable({
  lake,
  flow,
  refusals,
}: {
  readonly lake: LakeData;
  readonly flow: FlowData;
  readonly refusals: RefusalsData | null;
}): JSX.Element {
  if (lake.tables.length === 0) {
    return <Empty>No table is defined yet. {lake.commandLine} init proposes one.</Empty>;
  }
  return (
    <ScrollRegion label="Tables by layer">
      <table class="flow-table">
        <thead>
          <tr>
            <th scope="col">Table</th>
            <th scope="col">Newest in bronze</th>
            <th scope="col" class="number">
              Bronze objects
            </th>
            <th scope="col" class="number">
              Waiting
            </th>
            <th scope="col" class="number">
              Silver objects
            </th>
            <th scope="col" class="number">
              Refused records
            </th>
            <th scope="col" class="number">
              Current rows
            </th>
          </tr>
        </thead>
        <tbody>
          {lake.tables.map(({ name, rows }) => {
            const bronze = part(flow, "bronze", name);
            const refused = refusals?.tables.find(({ table }) => table === name)?.records ?? 0;
            return (
              <tr key={name}>
                <th scope="row">
                  <a href={hashOf("about", name)}>
                    <bdi>{name}</bdi>
                  </a>
                </th>
                <td>
                  {bronze?.newest == null ? "–" : <PageTime at={bronze.newest} now={lake.at} />}
                </td>
                <td class="number">{formatCount(bronze?.objects ?? 0)}</td>
                <td class="number">{formatCount(bronze?.backlog ?? 0)}</td>
                <td class="number">{formatCount(part(flow, "silver", name)?.objects ?? 0)}</td>
                <td class="number">
                  {refusals === null ? (
                    "–"
                  ) : refused === 0 ? (
                    "0"
                  ) : (
                    <a href={hashOf("quarantine", null, { table: name })}>{formatCount(refused)}</a>
                  )}
                </td>
                <td class="number">
                  <a href={hashOf("data", name)}>{formatCount(rows)}</a>
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </ScrollRegion>
  );
}

function part(flow: FlowData, layer: LayerData["layer"], name: string): LayerData | undefined {
  return flow.layers.find((each) => each.layer === layer && each.name === name);
}
