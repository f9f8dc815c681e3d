/** Parquet in Polars. */
import pl from "nodejs-polars";
import { type FileFrame, type FileSource, type NativeFormat, readable } from "../native-format.ts";
import { ParquetWriter, sink } from "./writer.ts";

/** A path is not a pattern. */
const literally = { glob: false };
/** How many rows are read at once. */
const rowsPerFrame = 50_000;
/** Roughly how much larger a CSV file would be. */
const csvRatio = 10;

export const nativeParquet: NativeFormat = {
  values: "typed",
  openWriter: (_, directory) => new ParquetWriter(directory),
  frames,
  async countRows(source) {
    const counted = await pl
      .scanParquet(await source.localPath(), literally)
      .select(pl.len())
      .collect();
    return Number(counted.row(0)[0]);
  },
};

async function* frames(source: FileSource): AsyncGenerator<FileFrame> {
  const path = await source.localPath();
  let rows = 0;
  for (let height = rowsPerFrame; height === rowsPerFrame; ) {
    const start = rows;
    const frame = readable(() =>
      pl.scanParquet(path, literally).slice(start, rowsPerFrame).collectSync(),
    );
    height = frame.height;
    rows += height;
    // So that large values count too.
    yield { frame, bytes: (height * csvRatio * source.size) / Math.max(rows, 1) };
  }
}

/** Reads a whole file. */
export function readParquet(path: string): pl.DataFrame {
  return pl.readParquet(path);
}

/** Writes a frame as a whole file that is soon read again, so that it matters more how long that takes than how large it is. */
export function writeParquet(frame: pl.DataFrame, path: string): void {
  sink(frame.lazy(), path, "snappy").collectSync();
}
