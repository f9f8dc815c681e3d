/**
 * Where this repository keeps what belongs to the user, for messages and for the bundler. The published package has another
 * version of this file, for the folder of a lake of one's own (scripts/release/project.ts).
 */

/** A file that only the root of the project has. */
export const rootFile = "pnpm-workspace.yaml";
/** The folder of the tables' folders. This and all other paths start at the root. */
export const tablesPath = "packages/tables/src";
/** The file with the environments. */
export const settingsFile = "infra/src/environments.ts";
/** The compiler's arguments to check the tables. */
export const checkArguments = ["--project", "packages/tables/tsconfig.check.json"];
/** The file that names the packages that tables may import. */
export const tablesManifest = "packages/tables/package.json";
/** What a user types before the name of a command. */
export const commandPrefix = "npm run -s lakehouse --";
/** The folder of what is deployed: the bundled programs, the synthesized Terraform, and the provider. */
export const infraPath = "infra";
/** The file with the digests of the images that were pushed. */
export const digestsFile = "docker/dist/digests.json";

/** What Node runs, in the root, to build and push the images. @param _root The root of the project. */
export function pushArguments(_root: string): readonly string[] {
  const turbo = "node_modules/turbo/bin/turbo";
  return [turbo, "run", "push", "--filter=@lakehouse/docker", "--output-logs=new-only"];
}

/** The folder of the framework's own files, such as `scripts/`. @param root The root of the project. */
export function frameworkFolder(root: string): string {
  return root;
}
