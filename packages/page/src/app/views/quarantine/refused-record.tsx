/** One refused record: where it came from, its reasons, its bytes. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { RefusedRecord } from "../../../data.ts";
import { formatCountOf, formatDay } from "../../format.ts";
import { PlainText } from "../../parts/plain-text.tsx";
import { RawBytes } from "./raw-bytes.tsx";

/** The reasons are always shown, the bytes on request. */
export function RefusedRecordView({ record }: { readonly record: RefusedRecord }): JSX.Element {
  const [isOpen, setOpen] = useState(false);
  return (
    <article class="refused">
      <ul class="why">
        {record.reasons.map(({ column, rule, message }) => (
          <li key={`${column}\n${rule}\n${message}`}>
            {column === null ? null : (
              <code>
                <bdi>{column}</bdi>
              </code>
            )}{" "}
            <PlainText text={message} />
          </li>
        ))}
      </ul>
      <p class="muted place">
        {formatDay(record.day)}, {record.kind === "object" ? "object" : `line ${record.line}`}
        {record.recordNumber === null ? "" : `, record ${record.recordNumber} of its envelope`}
        {record.records > 1 ? `, ${formatCountOf(record.records, "record")}` : ""}:{" "}
        <code>
          <bdi>{record.object}</bdi>
        </code>
      </p>
      <details onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>
          <span class="preview">
            <PlainText
              text={record.encoding === "utf-8" ? record.raw.slice(0, 160) : "binary data"}
            />
          </span>
        </summary>
        {isOpen ? <RawBytes record={record} /> : null}
      </details>
    </article>
  );
}
