/** Assembles the files of an image without Docker, in the same way as the Dockerfile. */
import { cp, glob, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { FunctionName } from "@lakehouse/lake/functions";
import { ExecaError, execa } from "execa";
import { dockerFolder } from "../../src/folders.ts";

/** Lambda's platforms by their names in Docker, with pnpm's names for the processors. */
export const platforms = { "linux/amd64": "x64", "linux/arm64": "arm64" } as const;
export type Platform = keyof typeof platforms;

export const platformNames = Object.keys(platforms) as Platform[];

/** The limit for the total size of a function's files, in MiB. A cold start reads them. */
export const limitsMib: Readonly<Record<FunctionName, number>> = {
  "bronze-silver": 125,
  "silver-gold": 200,
};

/**
 * Puts a function's files into a folder. pnpm takes another platform's packages from its store or the registry.
 *
 * @param workspace The root of the repository.
 * @param bundle The folder of the function's bundle.
 * @returns pnpm's output if it failed, for example without a network; otherwise undefined.
 */
export async function deployFiles(
  name: FunctionName,
  platform: Platform,
  folder: string,
  { workspace, bundle, page, sourceDateEpoch }: Readonly<Source>,
): Promise<string | undefined> {
  const target = ["--os", "linux", "--cpu", platforms[platform], "--libc", "glibc"];
  const layout = ["--node-linker", "hoisted", "--config.package-import-method=copy"];
  const selection = ["--filter", `@lakehouse/image-${name}`, "--prod"];
  try {
    await execa("pnpm", ["pm", "deploy", ...selection, ...target, ...layout, folder], {
      cwd: workspace,
      all: true,
      timeout: 300_000,
    });
  } catch (error) {
    if (error instanceof ExecaError) {
      return String(error.all ?? error.message);
    }
    throw error;
  }
  for (const file of await Array.fromAsync(glob("*.mjs", { cwd: bundle }))) {
    await cp(join(bundle, file), join(folder, file));
  }
  if (page !== undefined) {
    await cp(page, join(folder, "page", "report"), { recursive: true });
  }
  await execa(process.execPath, [join(dockerFolder, "src", "tidy.ts"), folder], {
    env: { SOURCE_DATE_EPOCH: String(sourceDateEpoch) },
  });
  return undefined;
}

interface Source {
  workspace: string;
  bundle: string;
  /** The folder of the page that silver-gold publishes as a report. */
  page?: string | undefined;
  sourceDateEpoch: number;
}

/** @returns The paths of the files in a folder, with their sizes in bytes. */
export async function sizesOf(folder: string): Promise<ReadonlyMap<string, number>> {
  const sizes = new Map<string, number>();
  for (const path of (await readdir(folder, { recursive: true })).sort()) {
    const stats = await stat(join(folder, path));
    if (stats.isFile()) {
      sizes.set(path, stats.size);
    }
  }
  return sizes;
}

export function totalMib(sizes: ReadonlyMap<string, number>): number {
  return sizes.values().reduce((total, size) => total + size, 0) / 1024 / 1024;
}
