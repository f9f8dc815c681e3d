/** Starts and kills the process of an execution environment: a program on this machine, or a container. */
import { spawn } from "node:child_process";

/** How a process ended: with a status, or by a signal. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A process that runs a function's code. */
export interface LambdaProcess {
  /** Resolves when the process has ended, for whatever reason. Never rejects. */
  readonly ended: Promise<ProcessEnd>;
  /** Kills the process and its children, as `kill -9` does. Resolves when they are gone. */
  kill(): Promise<void>;
}

/**
 * Starts a process with these environment variables and no others.
 *
 * @param onOutput Receives what the process writes to stdout and stderr.
 */
export type Launcher = (
  environment: Readonly<Record<string, string>>,
  onOutput: (text: string) => void,
) => LambdaProcess;

/** The variables that Lambda's system sets. An image brings its own. */
const system = { PATH: "/usr/local/bin:/usr/bin:/bin", LANG: "en_US.UTF-8", TZ: ":UTC" };

/**
 * Launches a program on this machine, in its own process group.
 *
 * @param command The program and its arguments, such as `[process.execPath, await runtimeInterfaceClient()]`.
 */
export function programLauncher(command: readonly [string, ...string[]]): Launcher {
  const [file, ...args] = command;
  return (environment, onOutput) => {
    const child = spawn(file, args, {
      env: { ...system, ...environment },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    child.stdout.setEncoding("utf8").on("data", onOutput);
    child.stderr.setEncoding("utf8").on("data", onOutput);
    const killGroup = (): void => {
      if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
        process.kill(-child.pid, "SIGKILL");
      }
    };
    process.once("exit", killGroup);
    const ended = new Promise<ProcessEnd>((resolve) => {
      child.once("error", (error) => {
        onOutput(`${error.message}\n`);
        resolve({ code: null, signal: null });
      });
      child.once("close", (code, signal) => resolve({ code, signal }));
    }).finally(() => process.off("exit", killGroup));
    return {
      ended,
      async kill() {
        killGroup();
        await ended;
      },
    };
  };
}
