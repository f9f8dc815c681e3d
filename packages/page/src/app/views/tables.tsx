/** All tables and models, to choose one. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { formatCount, formatCountOf } from "../format.ts";
import { type Relation, relationsOf, useLake } from "../lake-context.ts";
import { ChecksBadge } from "../parts/checks-badge.tsx";
import { FreshnessBadge } from "../parts/freshness-badge.tsx";
import { LayerDot } from "../parts/layer-dot.tsx";
import { Empty } from "../parts/loading.tsx";
import { hashOf } from "../routes.ts";

/** A list with a search box. */
export function Tables(): JSX.Element {
  const { lake } = useLake();
  const [search, setSearch] = useState("");
  const found = relationsOf(lake).filter((relation) => matches(relation, search));
  return (
    <>
      <h1>Tables and models</h1>
      <p class="search">
        <label for="search-tables">Search names, descriptions and columns</label>
        <input
          id="search-tables"
          type="search"
          value={search}
          onInput={(event) => setSearch(event.currentTarget.value)}
        />
        <span class="muted" role="status">
          {formatCountOf(found.length, "match", "matches")}
        </span>
      </p>
      {found.length === 0 ? (
        <Empty>No table or model matches.</Empty>
      ) : (
        <ul class="cards">
          {found.map((relation) => (
            <RelationCard key={relation.data.name} relation={relation} />
          ))}
        </ul>
      )}
      {lake.retired.length === 0 ? null : (
        <section>
          <h2>No longer defined</h2>
          <p>
            Gold still has these. <code>{lake.commandLine} gold --prune</code> removes them.
          </p>
          <ul>
            {lake.retired.map(({ kind, name }) => (
              <li key={`${kind} ${name}`}>
                <bdi>{name}</bdi> <span class="muted">{kind}</span>
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

function RelationCard({ relation }: { readonly relation: Relation }): JSX.Element {
  const { data, kind } = relation;
  return (
    <li class="card">
      <h2>
        <LayerDot kind={kind} />
        <a href={hashOf("about", data.name)}>
          <bdi>{data.name}</bdi>
        </a>{" "}
        <span class="muted kind">{kind}</span>
      </h2>
      {data.description === "" ? null : <p>{data.description}</p>}
      <p class="foot">
        <span>
          <a href={hashOf("data", data.name)}>{formatCountOf(data.rows, "row")}</a>,{" "}
          {formatCount(data.columns.length)} columns
        </span>
        <FreshnessBadge freshness={data.freshness} />
        <ChecksBadge checks={data.checks} />
      </p>
    </li>
  );
}

function matches({ data }: Relation, search: string): boolean {
  const wanted = search.trim().toLowerCase();
  const text = [data.name, data.description, ...data.columns.map(({ name }) => name)];
  return text.join("\n").toLowerCase().includes(wanted);
}
