/** What needs a person's attention. */
import type { JSX } from "preact";
import type { FlowData, LakeData } from "../../../data.ts";
import { attentionOf } from "./find-attention.ts";

/** A list of problems, or a line that there are none. */
export function Attention({
  lake,
  flow,
}: {
  readonly lake: LakeData;
  /** Null while it is loading. */
  readonly flow: FlowData | null;
}): JSX.Element {
  const items = attentionOf(lake, flow);
  if (items.length === 0) {
    return (
      <p class="notice good">
        {flow === null
          ? "Every check of the last run passed."
          : "Nothing needs attention: every check passed, and no object waits."}
      </p>
    );
  }
  return (
    <section class="notice warn" aria-label="Needs attention">
      <ul class="attention">
        {items.map(({ message, hint, link }) => (
          <li key={message}>
            {link === null ? message : <a href={link}>{message}</a>}
            {hint === null ? null : <span class="hint"> {hint}</span>}
          </li>
        ))}
      </ul>
    </section>
  );
}
