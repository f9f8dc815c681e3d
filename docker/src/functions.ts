/** The Lambda functions that have an image, and the folders of their packages. */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Each is a package of the workspace. Its `dist/handler.mjs` exports `handler`. */
export const functionNames = ["bronze-silver", "silver-gold"] as const;
export type FunctionName = (typeof functionNames)[number];

/** The folder of this package, and the root of the workspace. */
export const dockerFolder = dirname(dirname(fileURLToPath(import.meta.url)));
export const workspace = dirname(dockerFolder);

/** A function's package in the workspace. */
export function packageFolder(name: FunctionName): string {
  return join(workspace, "packages", name);
}
