/** CSV in Polars. */
import pl from "nodejs-polars";
import {
  type CanonicalTypes,
  type FileFrame,
  type FileSource,
  type NativeFormat,
  readable,
} from "../native-format.ts";
import { csvChunks } from "./chunks.ts";
import { countRows } from "./count-rows.ts";
import { delimiter, lineEnd, quote } from "./dialect.ts";
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
  together: (files, canonical, rows) =>
    joinCsv(files, rows)?.map(({ content, ...group }) => ({
      ...group,
      frame: read(content, canonical),
    })),
  countRows: async (source) => await countRows(await source.stream()),
};

async function* frames(
  source: FileSource,
  chunkBytes: number,
  canonical?: CanonicalTypes,
): AsyncGenerator<FileFrame> {
  for await (const chunk of csvChunks(await source.stream(), chunkBytes)) {
    yield { frame: read(chunk, canonical), bytes: chunk.length };
  }
}

function read(content: Buffer, canonical: CanonicalTypes | undefined): pl.DataFrame {
  const schema = canonical && schemaOf(content, canonical);
  return readable(() => pl.readCSV(content, schema ? { ...readOptions, schema } : readOptions));
}

/** The type of each column of a file. Undefined if its header is not as our writer writes it. */
function schemaOf(content: Buffer, types: CanonicalTypes): Record<string, pl.DataType> | undefined {
  const names = content.toString("utf8", 0, content.indexOf(lineEnd)).split(delimiter);
  return names.every((name) => types.has(name))
    ? Object.fromEntries(names.map((name) => [name, types.get(name) ?? pl.String]))
    : undefined;
}
