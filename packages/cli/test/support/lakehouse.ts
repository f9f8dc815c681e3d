/** Runs the bundled command as a user does, in its own process. */
import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The command as `npm start` runs it. */
export const bundle = fileURLToPath(new URL("../../dist-testing/lakehouse.mjs", import.meta.url));

/** How a run of the command ended. */
export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How to run it. */
export interface RunOptions {
  /** What it reads from stdin; nothing if absent. */
  readonly input?: string | Buffer;
  /** Leaves stdin open. */
  readonly keepOpen?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** A file that stdout goes to. The result's `stdout` is then empty. */
  readonly stdout?: string;
  /** Called with the process as soon as it runs. */
  readonly started?: (process: ReturnType<typeof spawn>) => void;
}

/** Runs the command until it ends. */
export function lakehouse(
  args: readonly string[],
  options: RunOptions = {},
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const { DEBUG: _, FORCE_COLOR: __, ...inherited } = process.env;
    const file = options.stdout === undefined ? undefined : openSync(options.stdout, "w");
    const child = spawn(process.execPath, [bundle, ...args], {
      env: { ...inherited, ...options.env },
      cwd: options.cwd,
      stdio: ["pipe", file ?? "pipe", "pipe"],
    });
    if (file !== undefined) {
      closeSync(file);
    }
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout?.on("data", (chunk: Buffer) => out.push(chunk));
    child.stderr?.on("data", (chunk: Buffer) => err.push(chunk));
    child.on("error", reject);
    child.on("close", (code) =>
      resolve({
        code,
        stdout: Buffer.concat(out).toString(),
        stderr: Buffer.concat(err).toString(),
      }),
    );
    child.stdin?.on("error", () => {});
    if (options.keepOpen !== true) {
      child.stdin?.end(options.input ?? "");
    }
    options.started?.(child);
  });
}

/** Runs the command with --json, and parses stdout. */
export async function lakehouseJson<T = Record<string, unknown>>(
  args: readonly string[],
  options: RunOptions & { readonly code?: number } = {},
): Promise<T> {
  return parsedResult<T>(args, await lakehouse([...args, "--json"], options), options.code ?? 0);
}

/** The JSON on stdout of a run that must end with this exit code. */
export function parsedResult<T>(
  args: readonly string[],
  { code, stdout, stderr }: CommandResult,
  expected: number,
): T {
  if (code !== expected) {
    throw new Error(`lakehouse ${args.join(" ")} ended with ${code}: ${stderr}${stdout}`);
  }
  return JSON.parse(stdout) as T;
}
