/** What a record must fulfil. */
import type { JSX } from "preact";
import type { RowsInGold } from "../../../data.ts";
import { ScrollRegion } from "../../parts/scroll-region.tsx";

/** A row for each expectation. */
export function Expectations({
  expectations,
}: {
  readonly expectations: RowsInGold["expectations"];
}): JSX.Element {
  return (
    <ScrollRegion label="Expectations">
      <table>
        <thead>
          <tr>
            <th scope="col">Expectation</th>
            <th scope="col">Condition</th>
            <th scope="col">A record that breaks it</th>
          </tr>
        </thead>
        <tbody>
          {expectations.map(({ name, condition, consequence }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>
                <code>{condition}</code>
              </td>
              <td>{consequence}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollRegion>
  );
}
