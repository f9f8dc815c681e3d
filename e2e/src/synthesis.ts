/** Synthesizes the infrastructure as a deployment does: the bundle, as a process. */
import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { execa } from "execa";

const infra = dirname(
  dirname(createRequire(import.meta.url).resolve("@lakehouse/infra/environments")),
);

/** @returns The folder of each stack, by its name, as `dev-lakehouse`. */
export async function synthesize(folder: string): Promise<ReadonlyMap<string, string>> {
  await execa(process.execPath, [join("dist", "main.js")], {
    cwd: infra,
    env: { CDKTF_OUTDIR: folder },
    timeout: 60_000,
  });
  const stacks = join(folder, "stacks");
  return new Map(readdirSync(stacks).map((name) => [name, join(stacks, name)]));
}
