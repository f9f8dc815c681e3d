/** What Iceberg's manifests say about the values in a data file. */
import type { Side } from "@lakehouse/transforms/types/bounds";
import { parseText } from "@lakehouse/transforms/types/column-type";
import { definitionOf } from "@lakehouse/transforms/types/types";
import type { DataFile } from "../data-file.ts";
import type { TableSchema } from "../table-schema.ts";

/** An entry of a map with integer keys. */
interface Entry<V> {
  readonly key: number;
  readonly value: V;
}

interface Metrics {
  readonly column_sizes: readonly Entry<number>[];
  readonly value_counts: readonly Entry<number>[];
  readonly null_value_counts: readonly Entry<number>[];
  readonly lower_bounds: readonly Entry<Buffer>[];
  readonly upper_bounds: readonly Entry<Buffer>[];
}

/** The metrics of a file, by the ids of its columns. */
export function metricsOf({ columns }: TableSchema, file: DataFile): Metrics {
  const found = columns.flatMap(({ id, name, type }) => {
    const statistics = file.columns[name];
    return statistics === undefined ? [] : [{ id, type, statistics }];
  });
  const bounds = (side: Side) =>
    found.flatMap(({ id, type, statistics }) => {
      const text = side === "lower" ? statistics.min : statistics.max;
      const parsed = text === undefined ? undefined : parseText(type, text);
      const value =
        parsed?.ok === true ? definitionOf(type).icebergBound(parsed.value, side, type) : undefined;
      return value === undefined ? [] : [{ key: id, value: Buffer.from(value) }];
    });
  return {
    column_sizes: found.flatMap(({ id, statistics: { bytes } }) =>
      bytes === undefined ? [] : [{ key: id, value: bytes }],
    ),
    value_counts: found.map(({ id }) => ({ key: id, value: file.rows })),
    null_value_counts: found.flatMap(({ id, statistics: { nulls } }) =>
      nulls === undefined ? [] : [{ key: id, value: nulls }],
    ),
    lower_bounds: bounds("lower"),
    upper_bounds: bounds("upper"),
  };
}
