/** A copy of the repository, for tests that change sources and run Turborepo's tasks on them. */
import { cp, readFile, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { dockerFolder, type FunctionName, workspace } from "../../src/functions.ts";

/** What each task of this package writes. */
const results = { image: "images.json", push: "digests.json" } as const;
const timeout = 400_000;

/** What a run of Turborepo came to. */
interface Run {
  /** Whether the task `image` ran, or its result came from Turborepo's cache. */
  readonly image: "hit" | "miss";
  /** What the last of the tasks wrote. */
  readonly result: Readonly<Record<FunctionName, string>>;
}

export class WorkspaceCopy {
  private constructor(readonly folder: string) {}

  /** Copies what git knows and what it would add, as it is in the working tree. */
  static async create(folder: string): Promise<WorkspaceCopy> {
    const { stdout } = await execa(
      "git",
      ["ls-files", "-z", "--cached", "--others", "--exclude-standard"],
      { cwd: workspace },
    );
    for (const file of new Set(stdout.split("\0").filter((each) => each !== ""))) {
      // A file that git still knows may be gone from the working tree.
      await cp(join(workspace, file), join(folder, file)).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== "ENOENT") {
          throw error;
        }
      });
    }
    // The commands' own dependencies; those of the images come from the lockfile.
    await symlink(join(dockerFolder, "node_modules"), join(folder, "docker", "node_modules"));
    return new WorkspaceCopy(folder);
  }

  /** The package that holds this test, in the copy. */
  get dockerFolder(): string {
    return join(this.folder, "docker");
  }

  /**
   * Runs tasks of this package by Turborepo, as a user does: its strict mode lets few variables through.
   *
   * @param tasks The last one's result is given back.
   * @param bakeArguments Of `docker buildx bake`.
   * @throws ExecaError where a task fails.
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
      throw new Error(`Turborepo does not say whether it had the image:\n${stdout}`);
    }
    const file = join(dist, results[tasks.at(-1) ?? "image"]);
    return { image, result: JSON.parse(await readFile(file, "utf8")) };
  }
}
