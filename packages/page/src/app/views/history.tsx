/** The versions of a table, and what each changed. */
import type { JSX } from "preact";
import type { VersionData } from "../../data.ts";
import { formatBytes, formatCount, formatTime } from "../format.ts";
import { useLake } from "../lake-context.ts";
import { Badge } from "../parts/badge.tsx";
import { Empty, Show } from "../parts/loading.tsx";
import { ScrollRegion } from "../parts/scroll-region.tsx";
import { useLoaded } from "../use-loaded.ts";

const operations = {
  append: "added rows",
  overwrite: "changed rows",
  replace: "same rows, other files",
} as const;

/** A row for each version, the latest first. */
export function History({ name }: { readonly name: string }): JSX.Element {
  const { lake, source } = useLake();
  const loaded = useLoaded(() => source.history(name), [source, name]);
  return (
    <Show loaded={loaded} what="the versions">
      {(versions) =>
        versions.length === 0 ? (
          <Empty>
            It has no versions. Only open tables keep them: write <code>format: "table"</code> in
            its definition.
          </Empty>
        ) : (
          <>
            <p>
              Read an earlier version:{" "}
              <code>{`${lake.commandLine} query --at ${versions[0]?.at ?? ""} "select …"`}</code>
            </p>
            <Versions versions={versions} />
          </>
        )
      }
    </Show>
  );
}

function Versions({ versions }: { readonly versions: readonly VersionData[] }): JSX.Element {
  return (
    <ScrollRegion label="Versions">
      <table>
        <thead>
          <tr>
            <th scope="col" class="number">
              Version
            </th>
            <th scope="col">Written</th>
            <th scope="col">Change</th>
            <th scope="col" class="number">
              Rows in
            </th>
            <th scope="col" class="number">
              Rows out
            </th>
            <th scope="col" class="number">
              Rows
            </th>
            <th scope="col" class="number">
              Files
            </th>
            <th scope="col" class="number">
              Size
            </th>
            <th scope="col">Columns</th>
          </tr>
        </thead>
        <tbody>
          {versions.map((each) => (
            <tr key={each.version}>
              <th scope="row" class="number">
                {each.version}
              </th>
              <td>
                <time dateTime={each.at}>{formatTime(each.at)}</time>{" "}
                <span class="muted">run {each.run}</span>
              </td>
              <td>
                <Badge>{operations[each.operation]}</Badge>
              </td>
              <td class="number">{each.rowsIn === 0 ? "–" : `+${formatCount(each.rowsIn)}`}</td>
              <td class="number">{each.rowsOut === 0 ? "–" : `−${formatCount(each.rowsOut)}`}</td>
              <td class="number">{formatCount(each.rows)}</td>
              <td class="number">{formatCount(each.files)}</td>
              <td class="number">{formatBytes(each.bytes)}</td>
              <td>
                {[
                  ...each.columnsIn.map((column) => `+ ${column}`),
                  ...each.columnsOut.map((column) => `− ${column}`),
                ].join(", ")}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollRegion>
  );
}
