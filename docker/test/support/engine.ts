/** The Docker engine that builds and runs the images: the one that `docker` reaches. */
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { functionNames } from "@lakehouse/lake/functions";
import { execa } from "execa";
import { type Platform, platformNames } from "./files.ts";
import { notTested } from "./requirement.ts";

export interface Engine {
  /** The engine's own platform. */
  readonly native: Platform;
  /** The platform that it emulates, if it does. */
  readonly emulated: Platform | undefined;
  /** The arguments of every `docker buildx bake` in the tests. */
  readonly bakeArguments: readonly string[];
  /**
   * Whether the tests may remove everything in it. The variable LAKEHOUSE_TEST_BAKE marks such an engine, and holds the
   * arguments for its network and its base image. .ci/with-docker-engine sets it.
   */
  readonly disposable: boolean;
  /** For the tests' files. */
  readonly folder: string;
  /** Whether there is a registry to start: the program docker-registry. */
  readonly registry: boolean;
}

const timeout = 60_000;

/** @returns undefined if there is no engine. @throws Error if CI=true and something is missing. */
export async function engineOrNotTested(): Promise<Engine | undefined> {
  const problem = await problemOfEngine();
  if (problem !== undefined) {
    return notTested("whether the images can be built, run and pushed", problem);
  }
  const native: Platform = process.arch === "arm64" ? "linux/arm64" : "linux/amd64";
  const own = process.env["LAKEHOUSE_TEST_BAKE"];
  const folder = await mkdtemp(join(tmpdir(), "lakehouse-images-"));
  const packing = await packingFile(folder);
  return {
    native,
    emulated: await emulatedPlatform(native),
    bakeArguments: [...(own?.split(" ") ?? []), "--file", packing],
    disposable: own !== undefined,
    folder,
    registry: await hasRegistry(),
  };
}

async function problemOfEngine(): Promise<string | undefined> {
  const ask = async (...args: string[]) => {
    const { failed, stdout } = await execa("docker", args, { reject: false, timeout });
    return failed ? undefined : stdout;
  };
  const store = await ask("info", "--format", "{{json .DriverStatus}}");
  if (store === undefined) {
    return "No Docker engine answers to `docker info`.";
  }
  const builder = await ask("buildx", "inspect");
  if (builder === undefined) {
    return "Docker has no plugin buildx.";
  }
  // The engine's old image store has no digest before an image is pushed.
  return /^Driver:\s+docker$/m.test(builder) && !store.includes("io.containerd.snapshotter")
    ? "The Docker engine has neither the containerd image store nor a builder of its own (docker buildx create --use)."
    : undefined;
}

async function emulatedPlatform(native: Platform): Promise<Platform | undefined> {
  const { stdout } = await execa("docker", ["buildx", "inspect", "--bootstrap"], { timeout });
  const other = platformNames.find((name) => name !== native);
  return other !== undefined && stdout.includes(other)
    ? other
    : notTested(
        `whether the images for ${other} can be built and run`,
        `The Docker engine can't emulate ${other} (Debian: apt-get install qemu-user-static).`,
      );
}

async function hasRegistry(): Promise<boolean> {
  const { code } = await execa("docker-registry", ["--help"], { reject: false });
  if (code !== "ENOENT") {
    return true;
  }
  notTested(
    "pushing",
    "docker-registry is not installed (Debian: apt-get install docker-registry).",
  );
  return false;
}

/** Compresses layers less, in a third of the time. A file, because "--set *.output=…" may undo "--push". */
async function packingFile(folder: string): Promise<string> {
  const output = ["type=image,compression=gzip,compression-level=1"];
  const target = Object.fromEntries(functionNames.map((name) => [name, { output }]));
  const file = join(folder, "packing.json");
  await writeFile(file, JSON.stringify({ target }));
  return file;
}
