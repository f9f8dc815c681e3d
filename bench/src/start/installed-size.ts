/** The size of an installed package with its dependencies, as copied into an image. */
import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { dirname, join } from "node:path";

interface Manifest {
  readonly name: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/**
 * Bytes of a package and its dependencies. Optional ones for other platforms are not installed.
 *
 * @param name The package. @param from A folder whose `node_modules` has it.
 */
export function installedBytes(name: string, from: string): number {
  const folders = new Set<string>();
  collect(join(from, "node_modules", name), folders);
  return [...folders].reduce((sum, folder) => sum + folderBytes(folder), 0);
}

function collect(link: string, folders: Set<string>): void {
  if (!existsSync(link)) {
    return;
  }
  const folder = realpathSync(link);
  if (folders.has(folder)) {
    return;
  }
  folders.add(folder);
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
  // pnpm puts a package's dependencies beside it.
  const beside = manifest.name.includes("/") ? dirname(dirname(folder)) : dirname(folder);
  for (const name of Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies })) {
    collect(join(beside, name), folders);
  }
}

function folderBytes(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
}
