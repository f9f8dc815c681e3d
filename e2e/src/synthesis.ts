/** Synthesizes the infrastructure as a deployment does: runs the bundle as a process. */
import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { synthesize as synthesizeHere } from "@lakehouse/infra/synthesize";
import { environments } from "@lakehouse/infra/testing/environments";
import { catalog } from "@lakehouse/tables/catalog";
import { execa } from "execa";

/** The settings of an environment. */
type Environment = (typeof environments)[number];

const infra = dirname(
  dirname(createRequire(import.meta.url).resolve("@lakehouse/infra/synthesize")),
);

/** Writes the stacks without protection, the first of the two steps to destroy data. */
export function synthesizeUnprotected(folder: string): ReadonlyMap<string, string> {
  return synthesizeWith(folder, (each) => ({ ...each, deletionProtection: false }));
}

/** Writes the stacks of environments with these settings of gold runs, too. */
export function synthesizeGold(
  folder: string,
  settings: Partial<Environment["silverGold"]>,
): ReadonlyMap<string, string> {
  return synthesizeWith(folder, (each) => ({
    ...each,
    silverGold: { ...each.silverGold, ...settings },
  }));
}

function synthesizeWith(
  folder: string,
  change: (environment: Environment) => Environment,
): ReadonlyMap<string, string> {
  return synthesizeHere(environments.map(change), catalog, folder);
}

/** @returns The folder of each stack, by its name, such as `dev-lakehouse`. */
export async function synthesize(folder: string): Promise<ReadonlyMap<string, string>> {
  await execa(process.execPath, [join("dist-testing", "main.js")], {
    cwd: infra,
    env: { CDKTF_OUTDIR: folder },
    timeout: 60_000,
  });
  const stacks = join(folder, "stacks");
  return new Map(readdirSync(stacks).map((name) => [name, join(stacks, name)]));
}
