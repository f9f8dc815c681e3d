/** Runs the `lakehouse` command as a user does, on the deployed lake. */
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { clientVariables } from "./clients.ts";
import type { Emulator } from "./emulator.ts";
import { inherited } from "./runtime.ts";

const source = dirname(createRequire(import.meta.url).resolve("@lakehouse/cli/lakehouse"));
const bundle = join(dirname(source), "dist-testing", "lakehouse.mjs");

/** How a run ended. */
export interface Ended<T> {
  readonly code: number;
  readonly result: T;
}

/** The command, on one environment's lake. */
export class Lakehouse {
  readonly #variables: Readonly<Record<string, string>>;

  readonly environment: string;

  constructor(emulator: Emulator, environment: string) {
    this.environment = environment;
    this.#variables = clientVariables(emulator, emulator.operator);
  }

  /** Writes sample records to a file, one per line. */
  async generate(table: string, records: number, file: string): Promise<void> {
    await execa(process.execPath, [bundle, "generate", table, `--records=${records}`], {
      stdout: { file },
      timeout: 60_000,
    });
  }

  /**
   * Runs it with --json.
   *
   * @param codes The expected exit codes.
   * @throws Error with its output, for any other exit code.
   */
  async run<T>(args: readonly string[], codes: readonly number[] = [0]): Promise<Ended<T>> {
    const { exitCode, stdout, stderr } = await execa(
      process.execPath,
      [bundle, ...args, "--env", this.environment, "--json"],
      {
        env: { ...inherited(["PATH", "NODE_COMPILE_CACHE"]), ...this.#variables },
        extendEnv: false,
        reject: false,
        timeout: 60_000,
        stdin: "ignore",
      },
    );
    if (exitCode === undefined || !codes.includes(exitCode)) {
      throw new Error(`lakehouse ${args.join(" ")} ended with ${exitCode}: ${stderr}${stdout}`);
    }
    return { code: exitCode, result: JSON.parse(stdout) as T };
  }
}
