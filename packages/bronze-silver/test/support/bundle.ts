/** The handler as it is deployed: its bundle, in a separate process that tests may kill. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

const bundle = new URL("../../dist-testing/handler.mjs", import.meta.url).href;

/** Calls the handler with each event that its parent sends, and replies with the outcome. */
const program = `
const remaining = Number(process.env.REMAINING_MILLISECONDS);
const { handler } = await import(${JSON.stringify(bundle)});
process.on("message", async (event) => {
  const end = Date.now() + remaining;
  try {
    const answer = await handler(event, { getRemainingTimeInMillis: () => end - Date.now() });
    process.send({ answer });
  } catch (error) {
    process.send({ error: { name: error.name, code: error.code, message: error.message } });
  }
});
process.send("ready");
`;

/** The outcome of an event. */
export interface Outcome {
  readonly answer?: unknown;
  readonly error?: { readonly name: string; readonly code?: string; readonly message: string };
}

/** A process that runs the bundled handler on a lake in a directory. */
export class HandlerProcess {
  #output = "";

  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.stdout?.on("data", (text) => {
      this.#output += String(text);
    });
    child.stderr?.on("data", (text) => {
      this.#output += String(text);
    });
  }

  /**
   * @param directory The directory for the lake and temporary files.
   * @param remaining The time that Lambda says is left, in milliseconds.
   * @param environment Additional variables.
   */
  static async start(
    directory: string,
    remaining = 900_000,
    environment: Readonly<Record<string, string>> = {},
  ): Promise<HandlerProcess> {
    const path = join(directory, "handler-process.mjs");
    writeFileSync(path, program);
    const child = fork(path, {
      env: {
        PATH: process.env["PATH"],
        LAKEHOUSE_LAKE: directory,
        TMPDIR: directory,
        REMAINING_MILLISECONDS: String(remaining),
        ...environment,
      },
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    const started = new HandlerProcess(child);
    await once(child, "message");
    return started;
  }

  /** Everything that it has written to stdout and stderr. */
  get log(): string {
    return this.#output;
  }

  async handle(event: unknown): Promise<Outcome> {
    const outcome = once(this.#child, "message");
    this.#child.send(event as object);
    const [message] = await outcome;
    return message;
  }

  /** Sends an event, and kills the process (kill -9) some time later. @returns Whether that was before its reply. */
  async killAfter(event: unknown, milliseconds: number): Promise<boolean> {
    let answered = false;
    this.#child.once("message", () => {
      answered = true;
    });
    this.#child.send(event as object);
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    const interrupted = !answered;
    await this.stop();
    return interrupted;
  }

  /** Sends an event that ends the process. @returns The signal, or the exit code. */
  async killedBy(event: unknown): Promise<string> {
    const exited = once(this.#child, "exit");
    this.#child.send(event as object);
    const [code, signal] = await exited;
    return signal ?? String(code);
  }

  async stop(): Promise<void> {
    if (this.#child.signalCode !== null) {
      return;
    }
    const exited = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await exited;
  }
}
