/** Where things are in this repository, for programs that run as `infra/dist/deploy.js`. */
import { join, relative } from "node:path";

/** Folders and files, absolute. */
export interface Workspace {
  readonly root: string;
  readonly infra: string;
  /** What `infra/dist/main.js` writes: CDKTF_OUTDIR if that is set. */
  readonly synthesized: string;
  /** What `turbo run push` writes. */
  readonly digests: string;
}

/** @param infra The folder `infra/` of the repository. */
export function workspaceAt(infra: string): Workspace {
  const root = join(infra, "..");
  return {
    root,
    infra,
    synthesized: process.env["CDKTF_OUTDIR"] ?? join(infra, "cdktf.out"),
    digests: join(root, "docker", "dist", "digests.json"),
  };
}

/** As seen from the repository's root, where commands are run; absolute if it lies outside. */
export function fromRoot(workspace: Workspace, path: string): string {
  const short = relative(workspace.root, path);
  return short.startsWith("..") ? path : short;
}
