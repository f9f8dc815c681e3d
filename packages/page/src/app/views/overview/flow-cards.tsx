/** The flow as four cards: bronze, silver, quarantine, gold. */
import type { ComponentChildren, JSX } from "preact";
import type { FlowData, LakeData, RefusalsData } from "../../../data.ts";
import { formatBytes, formatCount, formatCountOf } from "../../format.ts";
import { LayerDot } from "../../parts/layer-dot.tsx";
import { PageTime } from "../../parts/page-time.tsx";
import { hashOf } from "../../routes.ts";
import { type LayerSum, sumLayer } from "./sum-layer.ts";

/** The cards. What is still being counted is shown as a dash. */
export function FlowCards({
  lake,
  flow,
  refusals,
}: {
  readonly lake: LakeData;
  /** Null while it is loading, as `refusals`. */
  readonly flow: FlowData | null;
  readonly refusals: RefusalsData | null;
}): JSX.Element {
  const sum = (layer: LayerSum["layer"]) => (flow === null ? null : sumLayer(flow, layer));
  const bronze = sum("bronze");
  const silver = sum("silver");
  const gold = sum("gold");
  const rows = lake.lastRun?.currentRows ?? 0;
  return (
    <div class="flow" aria-busy={flow === null}>
      <Card kind="bronze" title="Bronze" what="raw, as it arrived" now={lake.at} sum={bronze}>
        <Big value={bronze?.objects ?? null} unit="objects" />
        {bronze === null || flow === null || flow.backlog === null ? null : (
          <p class={flow.backlog > 0 ? "warn-text" : "muted"}>
            {flow.backlog === 0 ? "no backlog" : `${formatCount(flow.backlog)} waiting`}
          </p>
        )}
      </Card>
      <Card kind="silver" title="Silver" what="typed and validated" now={lake.at} sum={silver}>
        <Big value={silver?.objects ?? null} unit="objects" />
        <p class="muted">{formatCountOf(rows, "current row")}</p>
      </Card>
      <Card
        kind="quarantine"
        title="Quarantine"
        what="refused, with reasons"
        now={lake.at}
        sum={sum("quarantine")}
      >
        <Big value={refusals?.records ?? null} unit="records" href={hashOf("quarantine")} />
        <p class="muted">
          {refusals === null ? "" : formatCountOf(refusals.reasons.length, "reason")}
        </p>
      </Card>
      <Card kind="gold" title="Gold" what="checked business tables" now={lake.at} sum={gold}>
        <Big value={lake.models.length} unit="models" href={hashOf("tables")} />
        <p class="muted">
          {formatCountOf(
            lake.models.reduce((total, model) => total + model.rows, 0),
            "row",
          )}
        </p>
      </Card>
    </div>
  );
}

function Card({
  kind,
  title,
  what,
  now,
  sum,
  children,
}: {
  readonly kind: LayerSum["layer"];
  readonly title: string;
  readonly what: string;
  readonly now: string;
  readonly sum: LayerSum | null;
  readonly children: ComponentChildren;
}): JSX.Element {
  return (
    <article class={`card layer ${kind}`}>
      <h3>
        <LayerDot kind={kind} />
        {title}
      </h3>
      <p class="muted">{what}</p>
      {children}
      <p class="foot">
        {sum === null ? "counting…" : formatBytes(sum.bytes)}
        {sum?.newest == null ? null : (
          <>
            , newest <PageTime at={sum.newest} now={now} />
          </>
        )}
      </p>
    </article>
  );
}

function Big({
  value,
  unit,
  href,
}: {
  readonly value: number | null;
  readonly unit: string;
  readonly href?: string;
}): JSX.Element {
  const text = (
    <>
      <strong>{value === null ? "–" : formatCount(value)}</strong>{" "}
      {value === 1 ? unit.replace(/s$/, "") : unit}
    </>
  );
  return <p class="big">{href === undefined ? text : <a href={href}>{text}</a>}</p>;
}
