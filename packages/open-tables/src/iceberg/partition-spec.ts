/** Iceberg's partition specs: which transform of which column divides a table. */
import type { Partitioning } from "@lakehouse/transforms/contract/partition";
import { partitionKeyOf, type TableSchema } from "../table-schema.ts";

/** A partition spec, as manifests and metadata need it. */
export interface PartitionSpec {
  readonly id: number;
  /** Undefined if there is one partition. */
  readonly field?: PartitionField | undefined;
}

interface PartitionField {
  /** Greater than the ids of all earlier fields. */
  readonly id: number;
  readonly name: string;
  readonly source: number;
  readonly partitionBy: Partitioning;
}

/** The first id of a partition field, by convention. */
const firstFieldId = 1000;

/** The specs of a table with the current one, and its id. */
export function withSpec(
  specs: readonly PartitionSpec[],
  schema: TableSchema,
): { readonly specs: readonly PartitionSpec[]; readonly current: PartitionSpec } {
  const { partitionBy, columns } = schema;
  const source = columns.find(({ name }) => name === partitionBy?.column)?.id;
  const known = specs.find(
    ({ field }) => field?.source === source && field?.partitionBy.unit === partitionBy?.unit,
  );
  if (known !== undefined) {
    return { specs, current: known };
  }
  const current: PartitionSpec = {
    id: specs.length,
    field:
      partitionBy === undefined || source === undefined
        ? undefined
        : {
            id: lastFieldId(specs) + 1,
            name: partitionKeyOf(schema) ?? "",
            source,
            partitionBy,
          },
  };
  return { specs: [...specs, current], current };
}

/** The greatest id of a partition field. */
export function lastFieldId(specs: readonly PartitionSpec[]): number {
  return Math.max(firstFieldId - 1, ...specs.flatMap(({ field }) => field?.id ?? []));
}

/** The fields of a spec as JSON. */
export function specFields({ field }: PartitionSpec): readonly Readonly<Record<string, unknown>>[] {
  if (field === undefined) {
    return [];
  }
  const { id, name, source, partitionBy } = field;
  return [{ name, transform: partitionBy.unit, "source-id": source, "field-id": id }];
}
