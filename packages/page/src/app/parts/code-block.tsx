/** Lines of code or data, as they are. */
import type { ComponentChildren, JSX } from "preact";

/** A block that wraps and scrolls. The keyboard can scroll it. */
export function CodeBlock({
  label,
  children,
}: {
  readonly label: string;
  readonly children: ComponentChildren;
}): JSX.Element {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be in reach of the keyboard.
    <section class="code" aria-label={label} tabIndex={0}>
      <pre>{children}</pre>
    </section>
  );
}
