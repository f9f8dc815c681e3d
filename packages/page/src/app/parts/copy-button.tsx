/** Copies a text. */
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";

/** A button that copies a text, and says that it did. */
export function CopyButton({
  text,
  what,
}: {
  readonly text: string;
  /** For screen readers: `the line for DuckDB`. */
  readonly what: string;
}): JSX.Element {
  const [said, setSaid] = useState<string | null>(null);
  useEffect(() => {
    const timer = said === null ? undefined : setTimeout(() => setSaid(null), 2_000);
    return () => clearTimeout(timer);
  }, [said]);
  const copy = () => {
    // A page in a file may have no clipboard.
    const copied = navigator.clipboard?.writeText(text) ?? Promise.reject(new Error("none"));
    copied.then(
      () => setSaid("Copied"),
      () => setSaid("Select and copy it"),
    );
  };
  return (
    <button type="button" class="small" aria-label={`Copy ${what}`} onClick={copy}>
      <span aria-live="polite">{said ?? "Copy"}</span>
    </button>
  );
}
