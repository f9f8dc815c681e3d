/** What a view waits for. */
import { useEffect, useState } from "preact/hooks";
import type { ErrorData } from "../data.ts";
import { errorData } from "./source/source-error.ts";

/** Something that is asked for, its answer, or why there is none. */
export type Loaded<T> =
  | { readonly state: "loading" }
  | { readonly state: "failed"; readonly error: ErrorData }
  | { readonly state: "ready"; readonly value: T };

/** Asks once, and again when one of the inputs changes. An answer to an earlier question is dropped. */
export function useLoaded<T>(load: () => Promise<T>, inputs: readonly unknown[]): Loaded<T> {
  const [loaded, setLoaded] = useState<Loaded<T>>({ state: "loading" });
  useEffect(() => {
    let isCurrent = true;
    setLoaded({ state: "loading" });
    load().then(
      (value) => isCurrent && setLoaded({ state: "ready", value }),
      (error: unknown) => isCurrent && setLoaded({ state: "failed", error: errorData(error) }),
    );
    return () => {
      isCurrent = false;
    };
  }, inputs);
  return loaded;
}
