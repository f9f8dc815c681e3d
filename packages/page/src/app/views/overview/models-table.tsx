/** All models, with their rows and checks. */
import type { JSX } from "preact";
import { formatCount } from "../../format.ts";
import { useLake } from "../../lake-context.ts";
import { ChecksBadge } from "../../parts/checks-badge.tsx";
import { FreshnessBadge } from "../../parts/freshness-badge.tsx";
import { Empty } from "../../parts/loading.tsx";
import { ScrollRegion } from "../../parts/scroll-region.tsx";
import { hashOf } from "../../routes.ts";

/** A row for each model. */
export function ModelsTable(): JSX.Element {
  const { lake } = useLake();
  if (lake.models.length === 0) {
    return <Empty>No model is defined yet.</Empty>;
  }
  return (
    <ScrollRegion label="Models">
      <table>
        <thead>
          <tr>
            <th scope="col">Model</th>
            <th scope="col">Built</th>
            <th scope="col">State</th>
            <th scope="col">Checks</th>
            <th scope="col" class="number">
              Rows
            </th>
          </tr>
        </thead>
        <tbody>
          {lake.models.map((model) => (
            <tr key={model.name}>
              <th scope="row">
                <a href={hashOf("about", model.name)}>
                  <bdi>{model.name}</bdi>
                </a>
              </th>
              <td>{model.materialization}</td>
              <td>
                <FreshnessBadge freshness={model.freshness} />
              </td>
              <td>
                <ChecksBadge checks={model.checks} />
              </td>
              <td class="number">
                <a href={hashOf("data", model.name)}>{formatCount(model.rows)}</a>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollRegion>
  );
}
