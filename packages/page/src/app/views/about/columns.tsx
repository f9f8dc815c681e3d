/** The columns of a contract or model. */
import type { JSX } from "preact";
import type { ColumnData } from "../../../data.ts";
import { Badge } from "../../parts/badge.tsx";
import { Empty } from "../../parts/loading.tsx";
import { ScrollRegion } from "../../parts/scroll-region.tsx";

/** The data dictionary. */
export function Columns({
  columns,
  keys,
}: {
  readonly columns: readonly ColumnData[];
  readonly keys: readonly string[];
}): JSX.Element {
  if (columns.length === 0) {
    return <Empty>The columns are known once a run has built it.</Empty>;
  }
  const hasRules = columns.some(({ rules }) => rules.length > 0);
  return (
    <ScrollRegion label="Columns">
      <table class="dictionary">
        <thead>
          <tr>
            <th scope="col">Column</th>
            <th scope="col">Type</th>
            <th scope="col">Null</th>
            {hasRules ? <th scope="col">Rules</th> : null}
            <th scope="col">Description</th>
          </tr>
        </thead>
        <tbody>
          {columns.map((column) => (
            <tr key={column.name}>
              <th scope="row">
                <bdi>{column.name}</bdi>
                {keys.includes(column.name) ? (
                  <>
                    {" "}
                    <Badge>key</Badge>
                  </>
                ) : null}
                {column.personal === null ? null : (
                  <>
                    {" "}
                    <Badge tone="warn">personal: {column.personal}</Badge>
                  </>
                )}
              </th>
              <td>
                <code>{column.type}</code>
              </td>
              <td>{column.nullable ? "may be null" : <span class="muted">never</span>}</td>
              {hasRules ? <td>{column.rules.join("; ")}</td> : null}
              <td>{column.description}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollRegion>
  );
}
