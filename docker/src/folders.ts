/** The folders of the packages that have an image. */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { FunctionName } from "@lakehouse/lake/functions";

/** The folder of this package, and the root of the workspace. */
export const dockerFolder = dirname(dirname(fileURLToPath(import.meta.url)));
export const workspace = dirname(dockerFolder);

/** A function's package in the workspace. Its `dist/handler.mjs` exports `handler`. */
export function packageFolder(name: FunctionName): string {
  return join(workspace, "packages", name);
}
