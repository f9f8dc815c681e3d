/** CSV in Polars. */
import pl from "nodejs-polars";
import { type FileFrame, type FileSource, type NativeFormat, readable } from "../native-format.ts";
import { csvChunks } from "./chunks.ts";
import { countRows } from "./count-rows.ts";
import { delimiter, quote } from "./dialect.ts";
import { joinCsv } from "./together.ts";
import { CsvWriter } from "./writer.ts";

/** Nothing is guessed: all columns are strings. An empty field is null, `""` is the empty string. */
const readOptions = {
  inferSchemaLength: 0,
  sep: delimiter,
  quoteChar: quote,
  truncateRaggedLines: false,
};

export const nativeCsv: NativeFormat = {
  values: "strings",
  openWriter: (columns, directory, flushes = false) => new CsvWriter(columns, directory, flushes),
  frames,
  together: (files) =>
    joinCsv(files)?.map(({ content, ...group }) => ({
      ...group,
      frame: readable(() => pl.readCSV(content, readOptions)),
    })),
  countRows: async (source) => await countRows(await source.stream()),
};

async function* frames(source: FileSource, chunkBytes: number): AsyncGenerator<FileFrame> {
  for await (const chunk of csvChunks(await source.stream(), chunkBytes)) {
    yield { frame: readable(() => pl.readCSV(chunk, readOptions)), bytes: chunk.length };
  }
}
