/** PLACEHOLDER of the `lakehouse` command's entry point: replace it. */
import { text } from "node:stream/consumers";
import { Command } from "@commander-js/extra-typings";
import { handler as bronzeSilver } from "@lakehouse/bronze-silver/handler";
import { handler as silverGold } from "@lakehouse/silver-gold/handler";

const program = new Command("lakehouse").description("Placeholder of the lakehouse command");

program
  .command("start")
  .option("--fresh", "begin with an empty lake")
  .action(async (options) => {
    process.stdout.write(`${await bronzeSilver()}\n${await silverGold()}\n`);
    process.stdout.write(`fresh: ${options.fresh === true}\n`);
  });

program
  .command("echo")
  .description("copies stdin to stdout, then exits with the given code")
  .argument("[code]", "exit code", Number, 0)
  .action(async (code) => {
    process.stdout.write(await text(process.stdin));
    process.exitCode = code;
  });

await program.parseAsync();
