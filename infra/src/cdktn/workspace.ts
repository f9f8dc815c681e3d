/** The steps that move a workspace, or a copy of it, to cdktn. */
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { mentionsCdktf, rewrite } from "./rewrite.ts";

/** What a rewrite did, as paths in the workspace. */
export interface Rewritten {
  readonly changed: readonly string[];
  readonly removed: readonly string[];
  /** Files that still mention cdktf. */
  readonly mentions: readonly string[];
}

/** A parsed stack. Terraform ignores `//`, where cdktf keeps metadata. */
export interface SynthesizedStack {
  readonly "//": { readonly metadata: Readonly<Record<string, unknown>> };
  readonly [key: string]: unknown;
}

/** Lists the files that git tracks or would add, relative to the workspace. */
export async function filesIn(workspace: string): Promise<readonly string[]> {
  const args = ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"];
  const { stdout } = await execa("git", args, { cwd: workspace });
  // git also lists a file that was deleted but not committed.
  return stdout.split("\0").filter((file) => file !== "" && existsSync(join(workspace, file)));
}

/** Copies the files to a folder. */
export function copyFiles(workspace: string, files: readonly string[], folder: string): void {
  for (const file of files) {
    cpSync(join(workspace, file), join(folder, file));
  }
}

/** Rewrites the files. Installs nothing. */
export function rewriteFiles(workspace: string, files: readonly string[]): Rewritten {
  const changed: string[] = [];
  const removed: string[] = [];
  const mentions: string[] = [];
  for (const file of files) {
    const path = join(workspace, file);
    const text = readFileSync(path, "utf8");
    const rewritten = rewrite(file, text);
    if (rewritten === undefined) {
      rmSync(path);
      removed.push(file);
      continue;
    }
    if (rewritten !== text) {
      writeFileSync(path, rewritten);
      changed.push(file);
    }
    if (file !== "pnpm-lock.yaml" && mentionsCdktf(rewritten)) {
      mentions.push(file);
    }
  }
  return { changed, removed, mentions };
}

/**
 * Installs what the package.json files name now, and updates the lockfile.
 *
 * @param filter The packages, as pnpm's `--filter`. Default: all.
 */
export async function install(workspace: string, ...filter: readonly string[]): Promise<void> {
  const filters = filter.flatMap((each) => ["--filter", each]);
  await execa("pnpm", [...filters, "install", "--no-frozen-lockfile"], { cwd: workspace });
}

/** Type-checks the infrastructure alone, because a copy has no packages for anything else. */
export async function checkTypes(workspace: string): Promise<void> {
  const cwd = join(workspace, "infra");
  const configuration = {
    extends: "../../tsconfig.base.json",
    include: ["../src", "../test", "../testing", "../../types"],
  };
  mkdirSync(join(cwd, "dist"), { recursive: true });
  writeFileSync(join(cwd, "dist", "tsconfig.json"), JSON.stringify(configuration));
  await execa("pnpm", ["exec", "tsc", "--project", "dist/tsconfig.json"], { cwd });
}

/**
 * Bundles and runs a program that synthesizes.
 *
 * @param program Its source, relative to infra/.
 * @param folder Where the stacks are written.
 * @returns The parsed stacks by name.
 */
export async function synthesize(
  workspace: string,
  program: string,
  folder: string,
): Promise<ReadonlyMap<string, SynthesizedStack>> {
  const cwd = join(workspace, "infra");
  // Beside the bundles of `pnpm run bundle`, which may be in use.
  const bundle = join("dist", "cdktn.js");
  await execa(process.execPath, [join("..", "scripts", "bundle.mjs"), program, bundle], { cwd });
  await execa(process.execPath, [bundle], { cwd, env: { CDKTF_OUTDIR: folder } });
  const stacks = join(folder, "stacks");
  return new Map(
    readdirSync(stacks).map((name) => {
      const text = readFileSync(join(stacks, name, "cdk.tf.json"), "utf8");
      return [name, JSON.parse(text) as SynthesizedStack];
    }),
  );
}
