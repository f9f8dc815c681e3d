/** One table or model: what it is, its rows, its history. */
import type { JSX } from "preact";
import { findRelation, type Relation, useLake } from "../lake-context.ts";
import { lazy } from "../parts/lazy.tsx";
import { Empty } from "../parts/loading.tsx";
import { hashOf, relationViews } from "../routes.ts";
import { About } from "./about.tsx";
import { History } from "./history.tsx";

const Data = lazy("the rows", async () => (await import("./data.tsx")).Data);
const titles = { about: "About", data: "Data", history: "History" } as const;

/** The page of a table or model, with a link to each of its views. */
export function RelationPage({
  view,
  name,
}: {
  readonly view: (typeof relationViews)[number];
  readonly name: string;
}): JSX.Element {
  const { lake } = useLake();
  const relation = findRelation(lake, name);
  if (relation === undefined) {
    return (
      <>
        <h1>
          <bdi>{name}</bdi>
        </h1>
        <Empty>
          No table or model has this name. <a href={hashOf("tables")}>See all of them.</a>
        </Empty>
      </>
    );
  }
  return (
    <>
      <h1>
        <bdi>{name}</bdi> <span class="muted kind">{relation.kind}</span>
      </h1>
      {relation.data.description === "" ? null : <p class="lead">{relation.data.description}</p>}
      <nav class="tabs" aria-label={`Views of ${name}`}>
        <ul>
          {relationViews.map((each) => (
            <li key={each}>
              <a href={hashOf(each, name)} aria-current={each === view ? "page" : undefined}>
                {titles[each]}
              </a>
            </li>
          ))}
          <li>
            <a href={hashOf("lineage", name)}>Lineage</a>
          </li>
        </ul>
      </nav>
      <Content view={view} relation={relation} />
    </>
  );
}

function Content({
  view,
  relation,
}: {
  readonly view: (typeof relationViews)[number];
  readonly relation: Relation;
}): JSX.Element {
  switch (view) {
    case "about":
      return <About relation={relation} />;
    case "data":
      return <Data name={relation.data.name} />;
    case "history":
      return <History name={relation.data.name} />;
  }
}
