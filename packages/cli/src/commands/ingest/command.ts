/** `lakehouse ingest`: files → bronze. */
import { Command, InvalidArgumentError } from "@commander-js/extra-typings";
import { bytes, counted } from "@lakehouse/terminal/words";
import { examples, type Run, recordFilesHelp, report, tableNamed } from "../../command.ts";
import type { IngestResult } from "./ingest.ts";

export function ingestCommand(run: Run) {
  return new Command("ingest")
    .summary("send records into bronze")
    .description(
      "Sends each line of the files unchanged, as one record, to the lake's delivery stream: to Firehose " +
        "if the lake is in S3, otherwise to the embedded stream, which writes bronze objects as Firehose " +
        "does. Broken lines are sent too, because bronze keeps everything that arrives. Rows of CSV are sent " +
        "with their header, records of envelopes in envelopes of their own.",
    )
    .argument("<table>", "the records' table")
    .argument("<files...>", recordFilesHelp)
    .option("--buffer-mib <n>", "MiB of records in one bronze object (embedded stream)", bufferMib)
    .addHelpText(
      "after",
      examples(
        ["ingest orders orders.ndjson", "one file"],
        ["ingest orders january/*.ndjson.gz --buffer-mib 64", "many files, large objects"],
        ["ingest orders january/", "all files of a folder"],
        ["generate orders | lakehouse ingest orders -", "from a pipe"],
      ),
    )
    .action((name, files, options) =>
      run(async (context) => {
        const table = tableNamed(context.catalog, name);
        const { ingest } = await import("./ingest.ts");
        const result = await ingest(context, table, files, options.bufferMib);
        return report(context, result, ingestText);
      }),
    );
}

function bufferMib(text: string): number {
  const value = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || value < 0.001 || value > 128) {
    throw new InvalidArgumentError("Give a number from 0.001 to 128.");
  }
  return value;
}

function ingestText({ table, records, objects, bytes: size }: IngestResult): string {
  const where = objects === 0 ? "Firehose will write them soon" : counted(objects, "bronze object");
  return `${counted(records, "record")} of ${table}, ${bytes(size)}: ${where}\n`;
}
