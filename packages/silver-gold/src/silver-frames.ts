/** Reads silver objects into Polars frames with exactly the contract's types. */
import type { ObjectStore } from "@lakehouse/lake/object-store";
import { partitionLength } from "@lakehouse/transforms/contract/partition";
import type { Table } from "@lakehouse/transforms/contract/table";
import pl from "nodejs-polars";
import { csvChunks } from "./csv-chunks.ts";
import { SilverObjectError } from "./errors.ts";
import { exactColumn, polarsType } from "./exact-column.ts";
import type { SilverObject } from "./silver-objects.ts";

/** Rows of one silver object. Besides the contract's columns: `_arrival`, `_object`, `_row`, `_partition`. */
export interface SilverFrame {
  readonly frame: pl.DataFrame;
  /** How much CSV it was, or would be. */
  readonly bytes: number;
}

/** Columns of current rows that are not the contract's: by their order the latest row of a key wins. */
export const arrivalColumns = ["_arrival", "_object", "_row"] as const;
/** The column with the partition value; only while rows are on their way. */
export const partitionColumn = "_partition";

/** Rows of a Parquet file that are read at once. */
const rowsPerFrame = 100_000;
const estimatedRowBytes = 40;

/**
 * Reads one silver object, piece by piece.
 *
 * @param chunkBytes How much CSV becomes one frame.
 * @param directory For a copy of a Parquet file, where the store is not a directory.
 * @throws SilverObjectError when the object does not hold what the contract says.
 */
export async function* silverFrames(
  silver: ObjectStore,
  object: SilverObject,
  table: Table,
  chunkBytes: number,
  directory: string,
): AsyncGenerator<SilverFrame> {
  let row = 0;
  for await (const raw of rawFrames(silver, object, chunkBytes, directory)) {
    yield { frame: typedFrame(raw.frame, object, table, row), bytes: raw.bytes };
    row += raw.frame.height;
  }
}

async function* rawFrames(
  silver: ObjectStore,
  object: SilverObject,
  chunkBytes: number,
  directory: string,
): AsyncGenerator<SilverFrame> {
  if (object.format === "csv") {
    for await (const chunk of csvChunks(await silver.read(object.key), chunkBytes)) {
      yield { frame: reading(object, () => readCsv(chunk)), bytes: chunk.length };
    }
    return;
  }
  const path = await silver.download(object.key, directory);
  for (let start = 0, height = rowsPerFrame; height === rowsPerFrame; start += rowsPerFrame) {
    const frame = reading(object, () =>
      pl.scanParquet(path).slice(start, rowsPerFrame).collectSync(),
    );
    height = frame.height;
    yield { frame, bytes: rowsPerFrame * estimatedRowBytes };
  }
}

/** All columns as text; nothing is guessed. An empty field is null, `""` is the empty text. */
function readCsv(chunk: Buffer): pl.DataFrame {
  return pl.readCSV(chunk, { inferSchemaLength: 0, truncateRaggedLines: false });
}

function typedFrame(
  raw: pl.DataFrame,
  object: SilverObject,
  table: Table,
  firstRow: number,
): pl.DataFrame {
  const present = new Set(raw.columns);
  const { column, unit } = table.partitionBy;
  return reading(object, () => {
    const columns = table.columns.map(({ name, type }) =>
      present.has(name)
        ? exactColumn(raw.getColumn(name), type, (problem) => {
            throw new SilverObjectError(object.key, `column ${name} ${problem}`);
          })
        : pl.Series(name, Array<null>(raw.height).fill(null), pl.String).cast(polarsType(type)),
    );
    const rows = pl.DataFrame(columns);
    const frame = rows.withColumns(
      pl.lit(object.arrival).alias("_arrival"),
      pl.lit(object.bronzeKey).alias("_object"),
      pl.intRange({ start: firstRow, end: firstRow + raw.height, dtype: pl.Int64 }).alias("_row"),
      pl.col(column).cast(pl.String).str.slice(0, partitionLength[unit]).alias(partitionColumn),
    );
    if (frame.getColumn(partitionColumn).nullCount() > 0) {
      throw new SilverObjectError(object.key, `column ${column} of the partitioning has no value`);
    }
    return frame;
  });
}

/** Polars' messages show values, so they are kept apart from our own. */
function reading<T>(object: SilverObject, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof SilverObjectError) {
      throw error;
    }
    const said = error instanceof Error ? error.message : String(error);
    throw new SilverObjectError(object.key, "it does not hold what its contract says", said);
  }
}
