/** What stands in for what is still loading, or failed to load. */
import type { ComponentChildren, JSX } from "preact";
import type { ErrorData } from "../../data.ts";
import type { Loaded } from "../use-loaded.ts";

/** Shows what was loaded, that it is loading, or why it can't be shown. */
export function Show<T>({
  loaded,
  what,
  children,
}: {
  readonly loaded: Loaded<T>;
  /** What is loading: `the quarantine`. */
  readonly what: string;
  readonly children: (value: T) => ComponentChildren;
}): JSX.Element {
  switch (loaded.state) {
    case "loading":
      return <Loading what={what} />;
    case "failed":
      return <Failure error={loaded.error} />;
    case "ready":
      return <>{children(loaded.value)}</>;
  }
}

/** A line that says what is loading. */
export function Loading({ what }: { readonly what: string }): JSX.Element {
  return (
    <p class="loading" role="status">
      Loading {what}…
    </p>
  );
}

/** Why something can't be shown, and what to do. */
export function Failure({ error }: { readonly error: ErrorData }): JSX.Element {
  const place =
    error.line === null
      ? null
      : ` (line ${error.line}${error.column === null ? "" : `, column ${error.column}`})`;
  return (
    <div class="notice bad" role="alert">
      <p>
        {error.message}
        {place}
      </p>
      {error.hint === null ? null : <p class="hint">{error.hint}</p>}
    </div>
  );
}

/** Says that there is nothing, and why. */
export function Empty({ children }: { readonly children: ComponentChildren }): JSX.Element {
  return <p class="empty">{children}</p>;
}
