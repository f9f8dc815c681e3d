/** The audit as a certificate. */
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { AuditData } from "../../data.ts";
import { useLake } from "../lake-context.ts";
import { Empty, Failure, Loading } from "../parts/loading.tsx";
import { errorData } from "../source/source-error.ts";
import type { Loaded } from "../use-loaded.ts";
import { Certificate } from "./audit/certificate.tsx";

/** Counts everything again when it is asked to. A report shows what its audit found. */
export function Audit(): JSX.Element {
  const { lake, source, limits } = useLake();
  const isReport = limits !== null;
  const [loaded, setLoaded] = useState<Loaded<AuditData | null> | null>(null);
  const running = useRef<AbortController | null>(null);
  const run = () => {
    const controller = new AbortController();
    running.current = controller;
    setLoaded({ state: "loading" });
    source.audit(controller.signal).then(
      (value) => setLoaded({ state: "ready", value }),
      (error: unknown) =>
        setLoaded(controller.signal.aborted ? null : { state: "failed", error: errorData(error) }),
    );
  };
  useEffect(() => {
    if (isReport) {
      run();
    }
    return () => running.current?.abort();
  }, []);
  const isRunning = loaded?.state === "loading";
  return (
    <>
      <h1>Audit</h1>
      <p class="lead">
        An audit counts every record again and proves that each is a row, or in quarantine, or was
        dropped or forgotten by a rule.
      </p>
      {isReport ? null : (
        <p class="actions">
          <button type="button" class="primary" disabled={isRunning} onClick={run}>
            {loaded === null ? "Run the audit" : "Run it again"}
          </button>
          {isRunning ? (
            <button type="button" onClick={() => running.current?.abort()}>
              Stop
            </button>
          ) : null}
        </p>
      )}
      {isRunning ? <Loading what="every object of the lake, to count its records" /> : null}
      {loaded?.state === "failed" ? <Failure error={loaded.error} /> : null}
      {loaded?.state === "ready" ? (
        loaded.value === null ? (
          <Empty>
            This report was written without an audit. <code>{lake.commandLine} audit</code> runs
            one.
          </Empty>
        ) : (
          <Certificate audit={loaded.value} />
        )
      ) : null}
    </>
  );
}
