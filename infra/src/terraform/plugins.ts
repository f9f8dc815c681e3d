/** Finds Terraform's AWS provider if this machine already has it, so nothing is downloaded. */
import { existsSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

const provider = join("registry.terraform.io", "hashicorp", "aws");

/**
 * The folders that hold the provider, laid out as a filesystem mirror. `terraform init -plugin-dir=…` links to them
 * and needs no registry.
 *
 * @param more Folders to search first.
 */
export function pluginDirectories(more: readonly string[] = []): string[] {
  return [...more, ...usualFolders()].filter((folder) => existsSync(join(folder, provider)));
}

/** Terraform's default folders, and where machines without Internet usually keep a mirror. */
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
