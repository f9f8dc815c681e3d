/** ClickHouse's readers of Delta (Delta Kernel) and Iceberg. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { execPath } from "node:process";
import { createInterface } from "node:readline";
import { ReaderError } from "../errors.ts";
import { installChdb } from "./install.ts";

/** A value of a result: numbers of 64 bits and decimals are strings. */
export type Value = string | number | boolean | null;

/** A process that runs chdb, and the lines that it prints. */
interface Session {
  readonly process: ChildProcessWithoutNullStreams;
  readonly answers: AsyncIterator<string>;
}

/** Queries the files in one folder. */
export class Chdb {
  readonly #program: string;
  readonly #folder: string;
  #session: Session | undefined;

  private constructor(program: string, folder: string) {
    this.#program = program;
    this.#folder = folder;
  }

  /** @throws ReaderUnavailableError if this machine has no chdb. */
  static async open(folder: string): Promise<Chdb> {
    return new Chdb(await installChdb(), folder);
  }

  /** @returns The rows. @throws ReaderError if ClickHouse refuses the statement. */
  async query(
    sql: string,
    settings: Readonly<Record<string, string | number>> = {},
  ): Promise<Value[][]> {
    this.#session ??= this.#start();
    const { process, answers } = this.#session;
    const all = Object.entries({ ...exact, ...settings });
    const clause = all.map(([name, value]) => `${name} = ${value}`).join(", ");
    process.stdin.write(`${JSON.stringify(`${sql} settings ${clause}`)}\n`);
    const { value, done } = await answers.next();
    if (done === true) {
      throw new ReaderError(`chdb ended at: ${sql}`);
    }
    const answer = JSON.parse(value) as { readonly result?: string; readonly error?: string };
    if (answer.result === undefined) {
      await this.close();
      throw new ReaderError(`${answer.error} (${sql})`);
    }
    return (JSON.parse(answer.result) as { readonly data: Value[][] }).data;
  }

  async close(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    if (session !== undefined && session.process.exitCode === null) {
      session.process.stdin.end();
      await once(session.process, "exit");
    }
  }

  #start(): Session {
    const session = join(import.meta.dirname, "session.ts");
    const process = spawn(execPath, [session, this.#program], { cwd: this.#folder });
    process.stderr.resume();
    return { process, answers: createInterface({ input: process.stdout })[Symbol.asyncIterator]() };
  }
}

const exact = {
  output_format_json_quote_64bit_integers: 1,
  output_format_json_quote_decimals: 1,
  output_format_json_quote_denormals: 1,
  session_timezone: "'UTC'",
};
