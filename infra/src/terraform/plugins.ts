/** Finds Terraform's AWS provider where this machine has it already, so that nothing need be downloaded. */
import { existsSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

const provider = join("registry.terraform.io", "hashicorp", "aws");

/**
 * The folders that hold the provider, laid out as a filesystem mirror: for `terraform init -plugin-dir=…`,
 * which links to what it finds there and asks no registry.
 *
 * @param more Folders to look at first.
 */
export function pluginDirectories(more: readonly string[] = []): string[] {
  return [...more, ...usualFolders()].filter((folder) => existsSync(join(folder, provider)));
}

/** Where Terraform looks by itself, and where machines without the internet tend to keep a mirror. */
function usualFolders(): string[] {
  return [
    join(homedir(), ".terraform.d", "plugins"),
    join(homedir(), ".local", "share", "terraform", "plugins"),
    "/usr/local/share/terraform/plugins",
    "/usr/share/terraform/plugins",
    ...foldersIn("/opt"),
  ];
}

function foldersIn(folder: string): string[] {
  try {
    return readdirSync(folder).map((name) => join(folder, name));
  } catch {
    return [];
  }
}
