/** Writes the Terraform of every environment: `<folder>/stacks/<environment>-<stack>/cdk.tf.json`. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Catalog } from "@lakehouse/transforms/model/catalog";
import { App } from "cdktf";
import { checkEnvironments } from "./check-environments.ts";
import { buildsOnAthena } from "./deployment.ts";
import type { Environment } from "./environment.ts";
import { BootstrapStack } from "./stacks/bootstrap-stack.ts";
import { LakehouseStack } from "./stacks/lakehouse-stack.ts";
import { RegistryStack } from "./stacks/registry-stack.ts";
import { StorageStack } from "./stacks/storage-stack.ts";

/**
 * Synthesizes every stack of the environments. The same input gives the same bytes, in any folder.
 *
 * @param outputFolder Where to write `stacks/`. Default: cdktf's folder, `cdktf.out`.
 * @returns The folder of each stack, by the stack's name.
 * @throws SynthesisError for a mistake in the environments or the catalog.
 */
export function synthesize(
  environments: readonly Environment[],
  catalog: Catalog,
  outputFolder?: string,
): ReadonlyMap<string, string> {
  checkEnvironments(environments);
  const app = new App({
    stackTraces: false,
    ...(outputFolder === undefined ? {} : { outdir: outputFolder }),
  });
  const onAthena = buildsOnAthena(catalog);
  for (const environment of environments) {
    new BootstrapStack(app, environment, onAthena);
    const storage = new StorageStack(
      app,
      environment,
      catalog.tables.map(({ name }) => name),
      onAthena,
    );
    new RegistryStack(app, environment);
    new LakehouseStack(app, environment, catalog).leaveTo(storage);
  }
  app.synth();
  const folders = Object.entries(app.manifest.stacks).map(
    ([name, { workingDirectory }]) => [name, join(app.outdir, workingDirectory)] as const,
  );
  for (const [, folder] of folders) {
    removeConstructPaths(join(folder, "cdk.tf.json"));
  }
  return new Map(folders);
}

/** Removes the paths of constructs from each resource, which makes plans easier to read. */
function removeConstructPaths(path: string): void {
  const document = JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;
  const plain = {
    ...document,
    resource: withoutComments(document["resource"]),
    data: withoutComments(document["data"]),
  };
  writeFileSync(path, `${JSON.stringify(plain, null, 2)}\n`);
}

function withoutComments(blocks: unknown): unknown {
  const text = JSON.stringify(blocks, (key, value: unknown) => (key === "//" ? undefined : value));
  return JSON.parse(text);
}
