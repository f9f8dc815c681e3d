/** Parts of the page that are loaded when they are first shown. */
import type { ComponentType, JSX } from "preact";
import { useLoaded } from "../use-loaded.ts";
import { Show } from "./loading.tsx";

/** A component that is loaded when it is first drawn. @param what What it shows: `the chart`. */
export function lazy<P extends object>(
  what: string,
  load: () => Promise<ComponentType<P>>,
): (props: P) => JSX.Element {
  let loading: Promise<ComponentType<P>> | undefined;
  const once = () => {
    loading ??= load().catch((error: unknown) => {
      loading = undefined;
      throw error;
    });
    return loading;
  };
  return (props) => (
    <Show loaded={useLoaded(async () => ({ Part: await once() }), [])} what={what}>
      {({ Part }) => <Part {...props} />}
    </Show>
  );
}
