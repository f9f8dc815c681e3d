/** `lakehouse report`: the page as one file. */
import { Command } from "@commander-js/extra-typings";
import { bytes } from "@lakehouse/terminal/words";
import { examples, type Run, report, requireLake, wholeNumber } from "../../command.ts";

export function reportCommand(run: Run) {
  return new Command("report")
    .summary("write what ui shows to one HTML file")
    .description(
      "Writes a page about the lake as one HTML file that needs no server and asks none. It holds contracts and models with " +
        "their SQL, counts, versions, and records: the first rows of each table and model, and refused records with their raw " +
        "bytes. Personal data in it is hashed or masked as in the lake; everything else is readable. Give it only to people who may " +
        "read the lake.",
    )
    .argument("[file]", "the file, which is replaced", "lakehouse-report.html")
    .option("--rows <n>", "the most rows of each table and model", wholeNumber(0, 100_000), 1_000)
    .option("--refused <n>", "the most refused records of each reason", wholeNumber(0, 1_000), 20)
    .option("--audit", "audit the lake first, which reads all of it", false)
    .addHelpText(
      "after",
      examples(
        ["report", "lakehouse-report.html, in this folder"],
        ["report --rows 0 --refused 0 lake.html", "without records"],
        ["--env prod report --audit prod.html", "a deployed lake, with the audit as a certificate"],
      ),
    )
    .action((file, { rows, refused, audit }) =>
      run(async (context) => {
        requireLake(context);
        const write = await import("./report.ts");
        const options = { limits: { rows, refused }, audit };
        return report(
          context,
          await write.report(context, file, options),
          (result) => `${result.file} (${bytes(result.bytes)})\n`,
        );
      }),
    );
}
