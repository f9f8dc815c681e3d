/** The schema and the properties of a Delta table. */
import { definitionOf } from "@lakehouse/transforms/types/types";
import type { Step } from "../open-table-format.ts";
import { partitionKeyOf, type TableSchema } from "../table-schema.ts";

/** How many versions there are from checkpoint to checkpoint. */
export const checkpointInterval = 10;

/** The action `metaData` of a log. */
export interface MetaData {
  readonly id: string;
  readonly name: string;
  readonly description?: string;
  readonly format: {
    readonly provider: "parquet";
    readonly options: Readonly<Record<string, string>>;
  };
  readonly schemaString: string;
  readonly partitionColumns: readonly string[];
  readonly createdTime: number;
  readonly configuration: Readonly<Record<string, string>>;
}

export function metaDataOf({ id, createdAt, schema, retention }: Step): MetaData {
  const key = partitionKeyOf(schema);
  const interval = `interval ${Math.ceil(retention / 3_600_000)} hours`;
  return {
    id,
    name: schema.name,
    ...(schema.description !== "" && { description: schema.description }),
    format: { provider: "parquet", options: {} },
    schemaString: schemaString(schema),
    partitionColumns: key === undefined ? [] : [key],
    createdTime: createdAt,
    configuration: {
      "delta.checkpointInterval": String(checkpointInterval),
      "delta.deletedFileRetentionDuration": interval,
      "delta.logRetentionDuration": interval,
    },
  };
}

/** The schema as JSON. A partition key is a column. Files don't have it: readers take its value from the log. */
function schemaString(schema: TableSchema): string {
  const fields = schema.columns.map(({ name, type, nullable, description }) => ({
    name,
    type: definitionOf(type).delta(type),
    nullable,
    metadata: description === undefined ? {} : { comment: description },
  }));
  const key = partitionKeyOf(schema);
  const partition = {
    name: key,
    type: "string",
    nullable: true,
    metadata: { comment: `The ${schema.partitionBy?.unit} of ${schema.partitionBy?.column}` },
  };
  return JSON.stringify({
    type: "struct",
    fields: key === undefined ? fields : [...fields, partition],
  });
}
