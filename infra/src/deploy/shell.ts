/** Runs other programs: their signals, time limits and failures. */
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { ExecaError, execa } from "execa";
import { DeployError } from "./errors.ts";

/** A program to run. Everything in it may be shown: a secret goes in through `Run.input`. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  /** Variables beside those of this process. */
  readonly env?: Readonly<Record<string, string>>;
  readonly limitMinutes: number;
}

/** How a command is run. */
export interface Run {
  /** What it reads from stdin. */
  readonly input?: string;
  /** Whether a person watches what it says, on stderr. */
  readonly watched?: boolean;
  /** Variables that a person need not see, beside the command's. */
  readonly env?: Readonly<Record<string, string>>;
}

const tools: Readonly<Record<string, string>> = {
  terraform:
    "Install Terraform 1.11 or later (https://developer.hashicorp.com/terraform/install) and see that `terraform version` works.",
  docker:
    "Install Docker with buildx (https://docs.docker.com/engine/install), or deploy images that are already there with --image-digest.",
};

/** How long a program has to end by itself once its time is over: Terraform must give back its lock. */
const graceMilliseconds = 120_000;

/** @returns The path of the program, or undefined where it is in no folder of PATH. */
export function findTool(name: string, env: NodeJS.ProcessEnv = process.env): string | undefined {
  const path = Object.entries(env).find(([key]) => key.toUpperCase() === "PATH")?.[1] ?? "";
  const names = process.platform === "win32" ? [`${name}.exe`, `${name}.cmd`] : [name];
  return path
    .split(delimiter)
    .filter((folder) => folder !== "")
    .flatMap((folder) => names.map((each) => join(folder, each)))
    .find(isExecutable);
}

/** @throws DeployError MISSING_TOOL, which says what to install. */
export function requireTool(name: string): void {
  if (findTool(name) === undefined) {
    throw new DeployError(
      "MISSING_TOOL",
      `${name} is not on the PATH`,
      tools[name] ?? `Install ${name}.`,
    );
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** As a person would type it. */
export function commandText({ file, args, env = {} }: Command): string {
  const assignments = Object.entries(env).map(([name, value]) => `${name}=${quoted(value)}`);
  const program = file === process.execPath ? "node" : file;
  return [...assignments, ...[program, ...args].map(quoted)].join(" ");
}

function quoted(word: string): string {
  return /^[\w@%+=:,./<>-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/**
 * Runs programs one after another, and passes Ctrl-C and SIGTERM on to the one that runs, then waits for its
 * end: Terraform saves its state and gives back its lock.
 */
export class Shell {
  #child: { kill(signal: NodeJS.Signals): boolean } | undefined;
  #signal: NodeJS.Signals | undefined;

  readonly #folder: string;

  /**
   * Starts listening to signals, for as long as this process lives.
   *
   * @param folder Where programs run.
   */
  constructor(folder: string) {
    this.#folder = folder;
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      process.on(signal, () => this.#interrupt(signal));
    }
  }

  /**
   * Runs the command to its end.
   *
   * @returns What it printed on stdout, where nobody watched.
   * @throws DeployError COMMAND_FAILED with what it said; INTERRUPTED where somebody stopped it.
   */
  async run(command: Command, { input, watched = false, env: more }: Run = {}): Promise<string> {
    this.#stopIfInterrupted();
    const { file, args, env, limitMinutes } = command;
    // What is watched goes to stderr: stdout is for what was asked for.
    const told = watched ? 2 : "pipe";
    const child = execa(file, args, {
      cwd: this.#folder,
      env: { ...more, ...env },
      ...(input === undefined ? { stdin: "ignore" } : { input }),
      stdout: told,
      stderr: told,
      timeout: limitMinutes * 60_000,
      killSignal: "SIGTERM",
      forceKillAfterDelay: graceMilliseconds,
      maxBuffer: 256 * 1024 * 1024,
    });
    this.#child = child;
    try {
      const { stdout } = await child;
      return typeof stdout === "string" ? stdout : "";
    } catch (error) {
      this.#stopIfInterrupted();
      throw failure(command, error);
    } finally {
      this.#child = undefined;
    }
  }

  #interrupt(signal: NodeJS.Signals): void {
    this.#signal ??= signal;
    if (this.#child === undefined) {
      return;
    }
    // A terminal's Ctrl-C reaches the whole process group: a second one would mean "at once" to Terraform.
    if (signal !== "SIGINT" || !process.stdin.isTTY) {
      this.#child.kill(signal);
    }
    process.stderr.write("Stopping: waiting for what is under way to end in order …\n");
  }

  #stopIfInterrupted(): void {
    if (this.#signal !== undefined) {
      throw new DeployError(
        "INTERRUPTED",
        `Stopped by ${this.#signal}`,
        "What was done so far is in Terraform's state; run the same command again to go on.",
      );
    }
  }
}

function failure(command: Command, error: unknown): DeployError {
  const { file, limitMinutes } = command;
  if (error instanceof ExecaError) {
    const problem = error.timedOut
      ? `${file} took longer than ${limitMinutes} minutes and was stopped`
      : `${file} failed (${error.exitCode === undefined ? error.shortMessage : `exit code ${error.exitCode}`})`;
    const said = [error.stdout, error.stderr].filter((each) => typeof each === "string").join("\n");
    return new DeployError(
      "COMMAND_FAILED",
      problem,
      `The command was:\n  ${commandText(command)}${said.trim() === "" ? "" : `\nIt said:\n${said.trim()}`}`,
      { cause: error },
    );
  }
  return new DeployError("COMMAND_FAILED", `${file} could not be run`, String(error), {
    cause: error,
  });
}
