/** Runs `docker buildx bake` on this package's bake file, and returns the images' digests. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type FunctionName, functionNames } from "@lakehouse/lake/functions";
import { execa } from "execa";
import { BakeError, BuildxMissingError } from "./errors.ts";
import { dockerFolder } from "./folders.ts";

/** `sha256:…` of each function's image. */
export type Digests = Readonly<Record<FunctionName, string>>;

/**
 * Builds both images. Docker's output goes to stderr.
 *
 * @param args Further arguments of `docker buildx bake`.
 * @throws BuildxMissingError; BakeError if the build fails or reports no digests.
 */
export async function bake(args: readonly string[]): Promise<Digests> {
  await requireBuildx();
  const scratch = await mkdtemp(join(tmpdir(), "lakehouse-bake-"));
  try {
    const metadata = join(scratch, "metadata.json");
    const { failed } = await execa(
      "docker",
      ["buildx", "bake", "--file", "docker-bake.hcl", "--metadata-file", metadata, ...args],
      {
        cwd: dockerFolder,
        reject: false,
        stdin: "ignore",
        stdout: process.stderr,
        stderr: process.stderr,
      },
    );
    if (failed) {
      throw new BakeError("see above.");
    }
    return digestsOf(JSON.parse(await readFile(metadata, "utf8")));
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function requireBuildx(): Promise<void> {
  const { failed, code } = await execa("docker", ["buildx", "version"], { reject: false });
  if (code === "ENOENT") {
    throw new BuildxMissingError("docker is not on the PATH");
  }
  if (failed) {
    throw new BuildxMissingError("docker has no plugin buildx");
  }
}

type Metadata = Partial<Record<string, { readonly "containerimage.digest"?: string }>>;

function digestsOf(metadata: Metadata): Digests {
  const digests = functionNames.map((name) => {
    const digest = metadata[name]?.["containerimage.digest"];
    if (digest === undefined) {
      throw new BakeError(
        `it reports no digest of ${name}, because this builder uses the engine's old image store. Turn on the engine's containerd image store, or run "docker buildx create --use".`,
      );
    }
    return [name, digest] as const;
  });
  return Object.fromEntries(digests) as Digests;
}
