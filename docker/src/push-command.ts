/** The task `push`: pushes both images, and writes the references that a deployment uses to dist/digests.json. */
import { functionNames } from "@lakehouse/lake/functions";
import { bake } from "./bake.ts";
import { runCommand, writeResult } from "./command.ts";
import { readRegistry } from "./runtime.ts";

const help = `Builds the images of both functions, like "image", and pushes them.

Usage: LAKEHOUSE_REGISTRY=REGISTRY node docker/src/push-command.ts [ARGUMENT OF docker buildx bake…]

REGISTRY is the prefix of the repositories' names: REGISTRY/bronze-silver and REGISTRY/silver-gold must exist.
Log in first ("docker login"). The other variables are those of "image". An image's tag is derived from its digest, so
pushing it again changes nothing. Writes docker/dist/digests.json.

Example:
  LAKEHOUSE_REGISTRY=123456789012.dkr.ecr.eu-west-1.amazonaws.com/lakehouse-dev \\
    node scripts/toolchain.mjs turbo run push
`;

await runCommand(help, async (args) => {
  const registry = readRegistry();
  // Built again, because the result of the task image may come from Turborepo's cache while the engine has no image.
  const built = await bake(args);
  const tags = functionNames.map(
    (name) => `${name}.tags=${registry}/${name}:${built[name].replace("sha256:", "").slice(0, 16)}`,
  );
  const pushed = await bake(["--push", ...tags.flatMap((tag) => ["--set", tag]), ...args]);
  const references = functionNames.map((name) => [name, `${registry}/${name}@${pushed[name]}`]);
  await writeResult("digests.json", Object.fromEntries(references));
});
