/** A copy of the repository, like the clone of a user who changed something. */
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

const root = join(import.meta.dirname, "../..");
const run = promisify(execFile);

/** Variables that a user's shell does not have: of npm, pnpm, Turborepo, vitest, CI and our own tests. */
const setByTestRun =
  /^(CI|INIT_CWD|FC_SCALE|NODE_ENV|TEST|NODE_OPTIONS|(lakehouse|npm|pnpm|turbo|vitest)_.*|VITEST)$/i;

/** How a command ended. */
export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command in a shell, without what a test run adds to the environment. */
export async function shellIn(
  folder: string,
  command: string,
  variables: NodeJS.ProcessEnv = {},
): Promise<CommandResult> {
  const env = {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !setByTestRun.test(name))),
    ...variables,
  };
  const options = { cwd: folder, env, shell: true, maxBuffer: 64 * 1024 * 1024 };
  try {
    return { code: 0, ...(await run(command, options)) };
  } catch (error) {
    const { code, stdout, stderr } = error as CommandResult & { code: unknown };
    if (typeof code !== "number") {
      throw error;
    }
    return { code, stdout, stderr };
  }
}

/** The files that git tracks or would add, in a new folder. Nothing is installed. */
export class RepositoryCopy {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async create(): Promise<RepositoryCopy> {
    const copy = new RepositoryCopy(await mkdtemp(join(tmpdir(), "lakehouse-copy-")));
    const args = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    const { stdout } = await run("git", args, { cwd: root, maxBuffer: 16 * 1024 * 1024 });
    for (const file of new Set(stdout.split("\0").filter((each) => each !== ""))) {
      // A tracked file may be missing from the working tree.
      await cp(join(root, file), join(copy.folder, file)).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== "ENOENT") {
          throw error;
        }
      });
    }
    return copy;
  }

  async read(file: string): Promise<string> {
    return await readFile(join(this.folder, file), "utf8");
  }

  async write(file: string, text: string): Promise<void> {
    await mkdir(dirname(join(this.folder, file)), { recursive: true });
    await writeFile(join(this.folder, file), text);
  }

  async remove(file: string): Promise<void> {
    await rm(join(this.folder, file), { recursive: true });
  }

  /** Puts back a file or folder that was changed or removed. */
  async restore(path: string): Promise<void> {
    await cp(join(root, path), join(this.folder, path), { recursive: true });
  }

  /** Runs a command in a shell, as a user does. Turborepo knows the results for files that the copy has not changed. */
  async shell(command: string, variables: NodeJS.ProcessEnv = {}): Promise<CommandResult> {
    const cache = { TURBO_CACHE_DIR: join(root, ".turbo", "cache") };
    return await shellIn(this.folder, command, { ...cache, ...variables });
  }

  async delete(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true, maxRetries: 3 });
  }
}
