/** Starts the emulated AWS: moto's server with the patches of ../moto, on a free port. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { EmulatorError } from "./errors.ts";

/** Credentials for a process or a client. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** A running emulator. */
export interface Emulator {
  /** `http://127.0.0.1:PORT`. */
  readonly endpoint: string;
  /** May do everything: Terraform and the test use it. All others have a role of the deployment. */
  readonly operator: Credentials;
  stop(): Promise<void>;
}

const server = fileURLToPath(new URL("../moto/server.py", import.meta.url));
const operator = { accessKeyId: "operator", secretAccessKey: "operator" };
const patienceMilliseconds = 60_000;

/**
 * Starts an emulator.
 *
 * @param functions The address of whatever handles the invocations of state machines.
 * @returns undefined if this machine has no Python with moto.
 * @throws EmulatorError if it has, but the server does not start.
 */
export async function startEmulator(functions?: string): Promise<Emulator | undefined> {
  for (const python of ["python3", "python"]) {
    const emulator = await start(python, functions);
    if (emulator !== undefined) {
      return emulator;
    }
  }
  return undefined;
}

async function start(python: string, functions?: string): Promise<Emulator | undefined> {
  const host = functions === undefined ? [] : ["--functions", functions];
  const child = spawn(python, ["-B", server, "--operator", operator.accessKeyId, ...host], {
    stdio: ["pipe", "ignore", "pipe"],
  });
  const output: string[] = [];
  const endpoint = await new Promise<string | undefined>((resolve) => {
    const timer = setTimeout(resolve, patienceMilliseconds, undefined);
    const settle = (value: string | undefined): void => {
      clearTimeout(timer);
      resolve(value);
    };
    child.once("error", () => settle(undefined));
    child.once("close", () => settle(undefined));
    // The server logs every request. Reading all of it keeps the server from blocking; only the last lines are kept.
    createInterface({ input: child.stderr }).on("line", (line) => {
      const address = /Running on (http:\/\/[\d.:]+)/.exec(line)?.[1];
      if (address !== undefined) {
        settle(address);
      }
      if (output.push(line) > 50) {
        output.shift();
      }
    });
  });
  if (endpoint !== undefined) {
    return { endpoint, operator, stop: () => stop(child) };
  }
  await stop(child);
  const text = output.join("\n");
  if (text === "" || /No module named moto/.test(text)) {
    return undefined;
  }
  throw new EmulatorError(`${python} ${server} did not start:\n${text}`);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) {
    return;
  }
  const closed = once(child, "close");
  child.kill("SIGKILL");
  await closed;
}
