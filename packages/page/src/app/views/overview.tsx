/** The first view: what flows through the lake, and what needs attention. */
import type { JSX } from "preact";
import { useLake } from "../lake-context.ts";
import { Show } from "../parts/loading.tsx";
import { useLoaded } from "../use-loaded.ts";
import { Attention } from "./overview/attention.tsx";
import { FlowCards } from "./overview/flow-cards.tsx";
import { FlowTable } from "./overview/flow-table.tsx";
import { LastRun } from "./overview/last-run.tsx";
import { ModelsTable } from "./overview/models-table.tsx";

/** The overview. Gold is there at once; the layers before it are counted meanwhile. */
export function Overview(): JSX.Element {
  const { lake, source } = useLake();
  const flow = useLoaded(() => source.flow(), [source]);
  const refusals = useLoaded(() => source.refusals(), [source]);
  return (
    <>
      <h1>Overview</h1>
      <LastRun />
      <Attention lake={lake} flow={flow.state === "ready" ? flow.value : null} />
      <section aria-labelledby="flow">
        <h2 id="flow">Flow</h2>
        <FlowCards
          lake={lake}
          flow={flow.state === "ready" ? flow.value : null}
          refusals={refusals.state === "ready" ? refusals.value : null}
        />
      </section>
      <section aria-labelledby="tables">
        <h2 id="tables">Tables</h2>
        <Show loaded={flow} what="the layers of each table">
          {(value) => (
            <FlowTable
              lake={lake}
              flow={value}
              refusals={refusals.state === "ready" ? refusals.value : null}
            />
          )}
        </Show>
      </section>
      <section aria-labelledby="models">
        <h2 id="models">Models</h2>
        <ModelsTable />
      </section>
    </>
  );
}
