/** A short word that marks something. */
import type { ComponentChildren, JSX } from "preact";

/** A mark. Its word says everything: the color only repeats it. */
export function Badge({
  tone = "plain",
  children,
}: {
  readonly tone?: "plain" | "good" | "bad" | "warn";
  readonly children: ComponentChildren;
}): JSX.Element {
  return <span class={`badge ${tone}`}>{children}</span>;
}
