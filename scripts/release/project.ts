/**
 * Where the folder of a lake of one's own keeps what belongs to the user. In the published package, this takes the place of
 * packages/transforms/src/project.ts.
 */
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";

/** A file that only the root of the project has. */
export const rootFile = "lakehouse.config.ts";
/** The folder of the tables' folders. This and all other paths start at the root. */
export const tablesPath = "tables";
/** The file with the environments. */
export const settingsFile = "lakehouse.config.ts";
/** The compiler's arguments to check the tables. */
export const checkArguments = [
  "--project",
  "tsconfig.json",
  "--incremental",
  "--tsBuildInfoFile",
  ".lakehouse/check.tsbuildinfo",
];
/** The file that names the packages that tables may import. */
export const tablesManifest = "package.json";
/** What a user types before the name of a command. */
export const commandPrefix = "npx lakehouse";
/** The folder of what is deployed: the bundled programs, the synthesized Terraform, and the provider. */
export const infraPath = ".lakehouse/infra";
/** The file with the digests of the images that were pushed. */
export const digestsFile = ".lakehouse/images/digests.json";

/** What Node runs, in the root, to build and push the images. @param root The root of the project. */
export function pushArguments(root: string): readonly string[] {
  return [relative(root, join(frameworkFolder(root), "scripts/own/push-images.mjs"))];
}

/** The folder of the framework's own files, such as `scripts/`. @param root The root of the project. */
export function frameworkFolder(root: string): string {
  return dirname(
    createRequire(join(root, "package.json")).resolve("serverless-lakehouse/package.json"),
  );
}
