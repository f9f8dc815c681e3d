/** The parent's side of a case. Each case has its own process, so its peak memory is its own. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { cpus } from "node:os";
import { withVariables } from "../runtime.ts";
import type { Answer, Order } from "./serve.ts";

/** What to run. */
export interface CaseDefinition {
  readonly name: string;
  /** The module that serves the case: `silver/duckdb` for src/silver/duckdb.case.ts. */
  readonly module: string;
  /** A script that serves it instead, in Python. */
  readonly python?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** One run. */
export interface Sample extends Answer {
  /** How many cores other processes kept busy meanwhile, on average. */
  readonly othersCores: number;
}

/** Where bundle-cases.ts writes the cases. */
const bundles = new URL("../../dist/", import.meta.url);

/** A case whose process is running. */
export class Case {
  readonly name: string;
  readonly #process: ChildProcess;

  constructor({ name, module, python, environment = {} }: CaseDefinition) {
    this.name = name;
    this.#process = fork(python ?? new URL(`${module}.mjs`, bundles), {
      ...(python !== undefined && { execPath: "python3" }),
      env: withVariables(environment),
      execArgv: [],
      // What a case prints is not part of the result.
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
  }

  /** Runs it once. @throws Error if the process ends without an answer. */
  async run(input: string, profile = false): Promise<Sample> {
    const stop = new AbortController();
    const answer = once(this.#process, "message", stop) as Promise<[Answer]>;
    const end = once(this.#process, "exit", stop).then(([code, signal]) => {
      throw new Error(`${this.name}: its process ended (${code ?? signal}) without an answer.`);
    });
    const busyBefore = busyMilliseconds();
    this.#process.send({ input, profile } satisfies Order);
    try {
      const [measured] = await Promise.race([answer, end]);
      const others = busyMilliseconds() - busyBefore - measured.cpuMilliseconds;
      return { ...measured, othersCores: Math.max(0, others) / measured.milliseconds };
    } finally {
      for (const each of [answer, end]) {
        each.catch(() => {});
      }
      stop.abort();
    }
  }

  /** Ends the process. */
  async end(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) {
      return;
    }
    const ended = once(this.#process, "exit");
    this.#process.kill();
    await ended;
  }
}

/** The processor time of all cores since the machine started. */
function busyMilliseconds(): number {
  return cpus().reduce(
    (sum, { times }) => sum + times.user + times.nice + times.sys + times.irq,
    0,
  );
}

/** Runs a case once, in its own process. */
export async function runOnce(definition: CaseDefinition, input: string): Promise<Sample> {
  const process = new Case(definition);
  try {
    return await process.run(input);
  } finally {
    await process.end();
  }
}
