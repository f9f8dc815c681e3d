/** The entry point of the `lakehouse` command: runs it, and sets the exit code. */
import { exitCodes } from "@lakehouse/transforms/errors";
import { main } from "./main.ts";
import { watchOutput } from "./output/write-output.ts";

watchOutput(process, exitCodes.fault);
process.exitCode = await main(process.argv.slice(2));
