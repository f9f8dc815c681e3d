/** A table's contract as a data dictionary, or what a model is. */
import type { JSX } from "preact";
import { type Relation, useLake } from "../lake-context.ts";
import { CodeBlock } from "../parts/code-block.tsx";
import { PageTime } from "../parts/page-time.tsx";
import { Checks } from "./about/checks.tsx";
import { Columns } from "./about/columns.tsx";
import { Engines } from "./about/engines.tsx";
import { Expectations } from "./about/expectations.tsx";
import { ModelFacts, TableFacts } from "./about/facts.tsx";

/** Everything that a contract or model says. */
export function About({ relation }: { readonly relation: Relation }): JSX.Element {
  const { lake } = useLake();
  const { data } = relation;
  return (
    <>
      <section aria-labelledby="columns">
        <h2 id="columns">Columns</h2>
        <Columns columns={data.columns} keys={data.primaryKey} />
      </section>
      {data.expectations.length === 0 ? null : (
        <section aria-labelledby="expectations">
          <h2 id="expectations">Expectations</h2>
          <Expectations expectations={data.expectations} />
        </section>
      )}
      <section aria-labelledby="checks">
        <h2 id="checks">Checks</h2>
        <Checks checks={data.checks} now={lake.at} />
      </section>
      <section aria-labelledby="engines">
        <h2 id="engines">Read it</h2>
        <Engines engines={data.engines} />
      </section>
      <section aria-labelledby="facts">
        <h2 id="facts">{relation.kind === "table" ? "Contract" : "Model"}</h2>
        {relation.kind === "table" ? (
          <TableFacts table={relation.data} />
        ) : (
          <ModelFacts model={relation.data} />
        )}
        {lake.lastRun === null ? null : (
          <p class="muted">
            As of gold run {lake.lastRun.sequence},{" "}
            <PageTime at={lake.lastRun.committedAt} now={lake.at} />.
          </p>
        )}
      </section>
      {relation.kind === "model" && relation.data.sql !== "" ? (
        <section aria-labelledby="statement">
          <h2 id="statement">SQL</h2>
          <CodeBlock label="SQL">{relation.data.sql}</CodeBlock>
        </section>
      ) : null}
    </>
  );
}
