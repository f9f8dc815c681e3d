/** What a contract or model says besides its columns. */
import type { ComponentChildren, JSX } from "preact";
import type { ModelData, TableData } from "../../../data.ts";
import { formatBytes, formatCount, formatMilliseconds, formatTime } from "../../format.ts";
import { hashOf } from "../../routes.ts";

/** A contract's facts, and where each layer lies. */
export function TableFacts({ table }: { readonly table: TableData }): JSX.Element {
  return (
    <dl class="facts">
      <Fact term="Primary key">
        {table.primaryKey.length === 0 ? "none" : <code>{table.primaryKey.join(", ")}</code>}
      </Fact>
      {table.orderBy.length === 0 ? null : (
        <Fact term="Latest by">
          <code>{table.orderBy.join(", ")}</code>
        </Fact>
      )}
      <Fact term="Partitions">
        {table.partitionBy === null ? "one" : <code>{table.partitionBy}</code>}
      </Fact>
      {table.deleteWhen === null ? null : (
        <Fact term="Deletes when">
          <code>{table.deleteWhen}</code>
        </Fact>
      )}
      <Fact term="Unknown columns">{table.unknownColumns}</Fact>
      <Fact term="Objects hold">{table.source}</Fact>
      {table.unwrap === null ? null : (
        <Fact term="Records are in">
          <code>{table.unwrap}</code>
        </Fact>
      )}
      <Fact term="Format">{formatName(table.format)}</Fact>
      {table.version === null ? null : <Fact term="Version">{formatCount(table.version)}</Fact>}
      <Fact term="Bronze">
        <code>{table.bronze}</code>
      </Fact>
      <Fact term="Silver">
        <code>{table.silver}</code>
      </Fact>
      <Fact term="Quarantine">
        <code>{table.quarantine}</code>
      </Fact>
      <Fact term="Current rows">
        <code>{table.address}</code>
      </Fact>
    </dl>
  );
}

/** A model's facts, and where it lies. */
export function ModelFacts({ model }: { readonly model: ModelData }): JSX.Element {
  return (
    <dl class="facts">
      <Fact term="Built">{model.materialization}</Fact>
      {model.athena === null ? null : (
        <Fact term="Athena's last query">
          {`${formatTime(model.athena.at)}: ${formatBytes(model.athena.bytesScanned)} read, $${model.athena.usd.toFixed(4)}, ${formatMilliseconds(model.athena.milliseconds)}`}
        </Fact>
      )}
      {model.childOf === null ? null : (
        <Fact term="Child of">
          <a href={hashOf("about", model.childOf)}>{model.childOf}</a>
        </Fact>
      )}
      <Fact term="Format">{formatName(model.format)}</Fact>
      {model.version === null ? null : <Fact term="Version">{formatCount(model.version)}</Fact>}
      <Fact term="Address">
        <code>{model.address}</code>
      </Fact>
    </dl>
  );
}

function Fact({
  term,
  children,
}: {
  readonly term: string;
  readonly children: ComponentChildren;
}): JSX.Element {
  return (
    <div>
      <dt>{term}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function formatName(format: TableData["format"]): string {
  switch (format) {
    case "table":
      return "open table (Delta or Iceberg)";
    case "parquet":
      return "Parquet";
    case "csv":
      return "CSV";
  }
}
