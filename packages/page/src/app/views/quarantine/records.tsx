/** The refused records of a table or reason. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { formatCount } from "../../format.ts";
import { useLake } from "../../lake-context.ts";
import { Empty, Show } from "../../parts/loading.tsx";
import { useLoaded } from "../../use-loaded.ts";
import { RefusedRecordView } from "./refused-record.tsx";
import { requestOf, type Selection } from "./selection.ts";

const pageSize = 20;

/** A page of records, newest first, and buttons to the next and previous page. */
export function Records({
  selection,
}: {
  readonly selection: Selection & { readonly table: string };
}): JSX.Element {
  const { source, lake, limits } = useLake();
  const [offset, setOffset] = useState(0);
  const loaded = useLoaded(
    () => source.quarantine(requestOf(selection, offset, pageSize)),
    [source, offset],
  );
  return (
    <Show loaded={loaded} what="the records">
      {({ total, records }) => (
        <>
          {limits === null ? null : (
            <p class="muted">
              A report has at most {formatCount(limits.refused)} records of each reason.{" "}
              <code>{lake.commandLine} ui</code> shows all.
            </p>
          )}
          {records.length === 0 ? (
            <Empty>No record fits the choice above.</Empty>
          ) : (
            <ol class="records">
              {records.map((record) => (
                <li key={`${record.object} ${record.byteOffset} ${record.recordNumber}`}>
                  <RefusedRecordView record={record} />
                </li>
              ))}
            </ol>
          )}
          {total > pageSize ? (
            <p class="actions">
              <button
                type="button"
                disabled={offset === 0}
                onClick={() => setOffset(Math.max(0, offset - pageSize))}
              >
                Newer
              </button>
              <span>
                {formatCount(offset + 1)} to {formatCount(Math.min(total, offset + pageSize))} of{" "}
                {formatCount(total)}
              </span>
              <button
                type="button"
                disabled={offset + pageSize >= total}
                onClick={() => setOffset(offset + pageSize)}
              >
                Older
              </button>
            </p>
          ) : null}
        </>
      )}
    </Show>
  );
}
