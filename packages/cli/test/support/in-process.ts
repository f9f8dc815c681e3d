/** Runs the command in the test's own process: the same words, output and exit codes, without a start for each run. */
import { Readable, Writable } from "node:stream";
import { main } from "../../src/main.ts";
import { type CommandResult, parsedResult } from "./lakehouse.ts";

/** How to run it. */
export interface InProcessOptions {
  /** What it reads from stdin; nothing if absent. */
  readonly input?: string | Buffer;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs the command until it ends. Only one runs at a time, because all share stdin, stdout and stderr. */
export async function lakehouse(
  args: readonly string[],
  { input = "", env = {} }: InProcessOptions = {},
): Promise<CommandResult> {
  const [out, err] = [new Output(), new Output()];
  const { DEBUG: _, FORCE_COLOR: __, ...inherited } = process.env;
  const replaced = {
    stdin: Readable.from([Buffer.from(input)]),
    stdout: out,
    stderr: err,
    env: { ...inherited, ...env },
  };
  const before = Object.getOwnPropertyDescriptors(process);
  for (const [name, value] of Object.entries(replaced)) {
    Object.defineProperty(process, name, { value, configurable: true, writable: true });
  }
  try {
    const code = await main(args);
    return { code, stdout: out.text, stderr: err.text };
  } finally {
    for (const name of Object.keys(replaced)) {
      Object.defineProperty(process, name, before[name as keyof typeof replaced]);
    }
  }
}

/** Runs the command with --json, and parses stdout. */
export async function lakehouseJson<T = Record<string, unknown>>(
  args: readonly string[],
  { code = 0, ...options }: InProcessOptions & { readonly code?: number } = {},
): Promise<T> {
  return parsedResult<T>(args, await lakehouse([...args, "--json"], options), code);
}

/** Keeps what is written to it. */
class Output extends Writable {
  readonly #pieces: Buffer[] = [];

  override _write(piece: Buffer, _encoding: string, done: () => void): void {
    this.#pieces.push(piece);
    done();
  }

  get text(): string {
    return Buffer.concat(this.#pieces).toString();
  }
}
