/** The task `image`: builds both images, and writes their digests to dist/images.json. */
import { bake } from "./bake.ts";
import { runCommand, writeResult } from "./command.ts";

const help = `Builds the images of both functions.

Usage: node docker/src/image-command.ts [ARGUMENT OF docker buildx bake…]

Variables: LAKEHOUSE_PLATFORM (linux/arm64, the default, or linux/amd64), LAKEHOUSE_BASE_IMAGE, LAKEHOUSE_CA and
LAKEHOUSE_NPMRC; docker/docker-bake.hcl describes them. Writes docker/dist/images.json.

Examples:
  LAKEHOUSE_PLATFORM=linux/amd64 node scripts/toolchain.mjs turbo run image
  node docker/src/image-command.ts --no-cache
`;

await runCommand(help, async (args) => {
  await writeResult("images.json", await bake(args));
});
