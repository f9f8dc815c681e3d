/** Runs other programs: time limits, signals and failures. A dry run prints them instead. */
import { ExecaError, execa } from "execa";
import { print, say } from "./console.ts";
import { DeployError } from "./errors.ts";
import { hintFor } from "./known-failures.ts";

/** A program to run. All of it may be printed: a secret goes in through `Run.input`. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly minutes: number;
}

/** How to run a command. */
export interface Run {
  /** The command's stdin. */
  readonly input?: () => Promise<string>;
  /** Whether its output goes to stderr as it comes. */
  readonly watched?: boolean;
}

const installation: Readonly<Record<string, string>> = {
  terraform: "Install Terraform 1.11 or later: https://developer.hashicorp.com/terraform/install",
  docker:
    "Install Docker with buildx (https://docs.docker.com/engine/install), or deploy existing images with --image-digest.",
};

/** Time to exit after a signal: Terraform must release its lock. */
const graceMilliseconds = 120_000;

/** Formats a command as a user would type it. */
function commandText({ file, args, env = {} }: Command): string {
  const quoted = (word: string) =>
    /^[\w@%+=:,./<>-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
  const assignments = Object.entries(env).map(([name, value]) => `${name}=${quoted(value)}`);
  const program = file === process.execPath ? "node" : file;
  return [...assignments, ...[program, ...args].map(quoted)].join(" ");
}

/** Runs commands one after another. Ctrl-C and SIGTERM end the running one in order, and start no other. */
export class Shell {
  readonly #stop = new AbortController();
  readonly #kill = new AbortController();

  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly dryRun: boolean;
  readonly verbose: boolean;

  /**
   * @param folder The working directory of commands.
   * @param env Variables that every command gets.
   */
  constructor(
    folder: string,
    env: Readonly<Record<string, string>>,
    dryRun: boolean,
    verbose: boolean,
  ) {
    this.folder = folder;
    this.env = env;
    this.dryRun = dryRun;
    this.verbose = verbose;
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      process.on(signal, () => this.#interrupt(signal));
    }
  }

  /** Aborted, with an INTERRUPTED error, once the user stops the program. */
  get stopped(): AbortSignal {
    return this.#stop.signal;
  }

  /** Runs the command; prints it in a dry run. */
  async run(command: Command, run: Run = {}): Promise<void> {
    if (this.dryRun) {
      print(`      ${commandText(command)}`);
    } else {
      await this.read(command, { watched: this.verbose, ...run });
    }
  }

  /**
   * Runs a command that changes nothing outside this repository, in a dry run too.
   *
   * @returns Its stdout, unless it is watched.
   * @throws DeployError COMMAND_FAILED with its output, MISSING_TOOL, INTERRUPTED.
   */
  async read(command: Command, { input, watched = false }: Run = {}): Promise<string> {
    this.stopped.throwIfAborted();
    const stdin = await input?.();
    const output = watched ? 2 : "pipe";
    // Kept too, to recognize a failure.
    const errors = watched ? ([2, "pipe"] as const) : "pipe";
    try {
      const { stdout } = await execa(command.file, command.args, {
        cwd: this.folder,
        env: { ...this.env, ...command.env },
        ...(stdin === undefined ? { stdin: "ignore" } : { input: stdin }),
        stdout: output,
        stderr: errors,
        timeout: command.minutes * 60_000,
        cancelSignal: this.#kill.signal,
        forceKillAfterDelay: graceMilliseconds,
        maxBuffer: 256 * 1024 * 1024,
      });
      return String(stdout ?? "");
    } catch (cause) {
      this.stopped.throwIfAborted();
      if (cause instanceof ExecaError && cause.code === "ENOENT") {
        const hint = installation[command.file] ?? `Install ${command.file}.`;
        throw new DeployError("MISSING_TOOL", `${command.file} is not on the PATH`, hint);
      }
      const failed = cause instanceof ExecaError ? cause : undefined;
      throw new DeployError(
        "COMMAND_FAILED",
        // The user has seen the output of a command that was watched.
        (watched ? failed?.shortMessage : failed?.message) ?? String(cause),
        hintFor(String(failed?.stderr ?? "")),
        { cause },
      );
    }
  }

  /** @throws DeployError MISSING_TOOL if it is not on the PATH. */
  async require(tool: string): Promise<void> {
    await this.read({ file: tool, args: ["--version"], minutes: 1 });
  }

  #interrupt(signal: NodeJS.Signals): void {
    say("Stopping: a command that is running may finish first …");
    const hint = "Terraform's state has what was done. Run the same command again to continue.";
    this.#stop.abort(new DeployError("INTERRUPTED", `Stopped by ${signal}`, hint));
    // A terminal sends Ctrl-C to the command too. A second signal would make Terraform exit at once.
    if (signal !== "SIGINT" || !process.stdin.isTTY) {
      this.#kill.abort();
    }
  }
}
