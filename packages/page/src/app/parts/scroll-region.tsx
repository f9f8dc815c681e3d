/** A part that scrolls sideways when it is wider than the page. */
import type { ComponentChildren, JSX } from "preact";

/** Holds a wide table. The keyboard can scroll it. */
export function ScrollRegion({
  label,
  children,
}: {
  readonly label: string;
  readonly children: ComponentChildren;
}): JSX.Element {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be in reach of the keyboard.
    <section class="scroll" aria-label={label} tabIndex={0}>
      {children}
    </section>
  );
}
