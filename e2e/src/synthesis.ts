/** Synthesizes the infrastructure as a deployment does: runs the bundle as a process. */
import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { synthesize as synthesizeHere } from "@lakehouse/infra/synthesize";
import { environments } from "@lakehouse/infra/testing/environments";
import { catalog } from "@lakehouse/tables/catalog";
import { execa } from "execa";

const infra = dirname(
  dirname(createRequire(import.meta.url).resolve("@lakehouse/infra/synthesize")),
);

/** Writes the stacks without protection, the first of the two steps to destroy data. */
export function synthesizeUnprotected(folder: string): ReadonlyMap<string, string> {
  const unprotected = environments.map((each) => ({ ...each, deletionProtection: false }));
  return synthesizeHere(unprotected, catalog, folder);
}

/** Writes the stacks of environments in which silver starts gold after these seconds. */
export function synthesizeStarted(
  folder: string,
  afterSeconds: number,
): ReadonlyMap<string, string> {
  const started = environments.map((each) => ({
    ...each,
    silverGold: { ...each.silverGold, startBySilver: { afterSeconds } },
  }));
  return synthesizeHere(started, catalog, folder);
}

/** Writes the same stacks with gold runs that are spread over many invocations. */
export function synthesizeSpread(
  folder: string,
  afterSeconds: number,
): ReadonlyMap<string, string> {
  const spread = environments.map((each) => ({
    ...each,
    silverGold: {
      ...each.silverGold,
      startBySilver: { afterSeconds },
      fanOut: { concurrency: 3 },
    },
  }));
  return synthesizeHere(spread, catalog, folder);
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
