/** A copy of the repository with the tests' own tables, whose sources tests may change. */
import { cp, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { type FunctionName, functionNames } from "@lakehouse/lake/functions";
import { execa } from "execa";
import { workspace } from "../../src/folders.ts";

/** The files that each task of this package writes. */
const results = { image: "images.json", push: "digests.json" } as const;
const timeout = 400_000;

/** The result of a run of Turborepo. */
interface Run {
  /** Whether the task `image` ran, or its result came from Turborepo's cache. */
  readonly image: "hit" | "miss";
  /** The file of the last task. */
  readonly result: Readonly<Record<FunctionName, string>>;
}

export class WorkspaceCopy {
  readonly #bundles = new Map<FunctionName | "page", Promise<string>>();

  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Copies the working tree's files that git tracks or would add, and installs what bundles and commands need. */
  static async create(folder: string): Promise<WorkspaceCopy> {
    const { stdout } = await execa(
      "git",
      ["ls-files", "-z", "--cached", "--others", "--exclude-standard"],
      { cwd: workspace },
    );
    for (const file of new Set(stdout.split("\0").filter((each) => each !== ""))) {
      // A file that git still tracks may be gone from the working tree.
      await cp(join(workspace, file), join(folder, file)).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== "ENOENT") {
          throw error;
        }
      });
    }
    await replaceTables(folder);
    const names = ["docker", ...functionNames].map((name) => `@lakehouse/${name}...`);
    const filters = [".", ...names].flatMap((each) => ["--filter", each]);
    await execa(
      "pnpm",
      ["install", "--frozen-lockfile", "--prefer-offline", "--prod", ...filters],
      {
        cwd: folder,
        timeout,
        all: true,
      },
    );
    return new WorkspaceCopy(folder);
  }

  /** The package that holds this test, in the copy. */
  get dockerFolder(): string {
    return join(this.folder, "docker");
  }

  /** @returns The folder of a function's bundle, which is created once. */
  bundle(name: FunctionName): Promise<string> {
    const bundle = this.#bundles.get(name) ?? this.#makeBundle(name);
    this.#bundles.set(name, bundle);
    return bundle;
  }

  /** @returns The folder of the page for reports, which is created once. */
  async page(): Promise<string> {
    const bundle = this.#bundles.get("page") ?? this.#makeBundle("page");
    this.#bundles.set("page", bundle);
    return join(await bundle, "report");
  }

  async #makeBundle(name: FunctionName | "page"): Promise<string> {
    const cwd = join(this.folder, "packages", name);
    await execa("pnpm", ["run", "bundle"], { cwd, timeout, all: true });
    return join(cwd, "dist");
  }

  /**
   * Runs tasks of this package with Turborepo, like a user. Its strict mode passes on few variables.
   *
   * @param bakeArguments Of `docker buildx bake`.
   * @throws ExecaError if a task fails.
   */
  async turbo(
    tasks: readonly ["image"] | readonly ["image", "push"],
    bakeArguments: readonly string[],
    env: Readonly<Record<string, string>>,
  ): Promise<Run> {
    const dist = join(this.dockerFolder, "dist");
    await rm(dist, { recursive: true, force: true });
    const program = join(workspace, "node_modules", "turbo", "bin", "turbo");
    const { stdout } = await execa(
      process.execPath,
      [program, "run", ...tasks, "--filter=@lakehouse/docker", "--", ...bakeArguments],
      { cwd: this.folder, env, timeout },
    );
    const image = /docker:image: cache (hit|miss)/.exec(stdout)?.[1];
    if (image !== "hit" && image !== "miss") {
      throw new Error(`Turborepo does not report whether it had the image:\n${stdout}`);
    }
    const file = join(dist, results[tasks.at(-1) ?? "image"]);
    return { image, result: JSON.parse(await readFile(file, "utf8")) };
  }
}

/** The images are tested with the tests' own tables, whatever tables the user has. */
async function replaceTables(folder: string): Promise<void> {
  const tables = join(folder, "packages", "tables", "src");
  for (const entry of await readdir(tables, { withFileTypes: true })) {
    if (entry.isDirectory()) {
      await rm(join(tables, entry.name), { recursive: true });
    }
  }
  await cp(join(folder, "packages", "fixtures", "tables"), tables, { recursive: true });
}
