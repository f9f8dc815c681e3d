/** What this package's commands share: --help, errors without a stack trace, files in dist. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DockerError, UsageError } from "./errors.ts";
import { dockerFolder } from "./folders.ts";

const results = join(dockerFolder, "dist");

/** Runs a command with this process's arguments. Exit codes: 0 done, 1 failed, 2 wrong usage. */
export async function runCommand(
  help: string,
  command: (args: string[]) => Promise<void>,
): Promise<void> {
  const args = process.argv.slice(2);
  if (args.includes("--help")) {
    process.stdout.write(help);
    return;
  }
  try {
    await command(args);
  } catch (error) {
    if (!(error instanceof DockerError)) {
      throw error;
    }
    process.stderr.write(`${error.message}\n`);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}

/** Writes a file of `docker/dist`, and prints it. */
export async function writeResult(file: string, value: unknown): Promise<void> {
  await mkdir(results, { recursive: true });
  const text = `${JSON.stringify(value, null, 2)}\n`;
  await writeFile(join(results, file), text);
  process.stdout.write(text);
}
