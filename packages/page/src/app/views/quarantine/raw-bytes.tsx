/** The bytes of a refused record: indented, as text, or in hexadecimal. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { RefusedRecord } from "../../../data.ts";
import { formatBytes } from "../../format.ts";
import { CodeBlock } from "../../parts/code-block.tsx";
import { CopyButton } from "../../parts/copy-button.tsx";
import { PlainText } from "../../parts/plain-text.tsx";
import { hexDump } from "./hex-dump.ts";
import { bytesOf, indentJson } from "./raw-text.ts";

type Form = "indented" | "text" | "hex";
const titles: Readonly<Record<Form, string>> = {
  indented: "Indented",
  text: "As it arrived",
  hex: "Hexadecimal",
};
/** A dump of more bytes is slow to draw. */
const firstBytes = 4_096;

/** The bytes, in the form that the user chose. */
export function RawBytes({ record }: { readonly record: RefusedRecord }): JSX.Element {
  const indented = record.encoding === "utf-8" ? indentJson(record.raw) : null;
  const forms: Form[] = [
    ...(indented === null ? [] : (["indented"] as const)),
    ...(record.encoding === "utf-8" ? (["text"] as const) : []),
    "hex",
  ];
  const [chosen, choose] = useState<Form>(forms[0] ?? "hex");
  return (
    <div class="raw">
      <p class="actions">
        {forms.map((form) => (
          <button
            key={form}
            type="button"
            class="small"
            aria-pressed={form === chosen}
            onClick={() => choose(form)}
          >
            {titles[form]}
          </button>
        ))}
        {record.encoding === "utf-8" ? <CopyButton text={record.raw} what="the record" /> : null}
      </p>
      {record.rawLength === null ? null : (
        <p class="muted">
          Only the beginning of {formatBytes(record.rawLength)} is shown. The whole record is in the
          object.
        </p>
      )}
      <CodeBlock label="The bytes of the record">
        {chosen === "hex" ? (
          <Hex record={record} />
        ) : (
          <PlainText text={chosen === "indented" ? (indented ?? "") : record.raw} />
        )}
      </CodeBlock>
    </div>
  );
}

function Hex({ record }: { readonly record: RefusedRecord }): JSX.Element {
  const [isWhole, setWhole] = useState(false);
  const bytes = bytesOf(record);
  const shown = isWhole ? bytes : bytes.subarray(0, firstBytes);
  return (
    <>
      {hexDump(shown)}
      {shown.length < bytes.length ? (
        <button type="button" class="small" onClick={() => setWhole(true)}>
          Show all {formatBytes(bytes.length)}
        </button>
      ) : null}
    </>
  );
}
