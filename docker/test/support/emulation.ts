/** Lets an engine run images for another processor: an engine of the tests' own by QEMU, as long as they take. */
import { once } from "node:events";
import { mkdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { ExecaError, execa } from "execa";
import type { Platform } from "../../src/images.ts";
import { type DebianPackages, newerRelease } from "./debian.ts";
import type { Engine } from "./engine.ts";
import { notTested } from "./requirement.ts";

/** The engine runs the platform's images until this ends. */
export interface Emulation {
  /** To be called before the engine's folder goes. @throws ExecaError where the kernel keeps the emulator. */
  end(): Promise<void>;
}

/** As QEMU names the processors. */
const processors = { "linux/amd64": "x86_64", "linux/arm64": "aarch64" } as const;

/**
 * Names an emulator to the kernel, whose list of them is the whole machine's, and takes it back when its input
 * ends: as this process does, whatever ends it. That is why it ignores the signals that a terminal sends to both.
 */
const registration = `
trap '' HUP INT TERM
mount -t binfmt_misc none "$1" && printf %s "$2" > "$1/register" || exit 1
echo registered
cat
echo -1 > "$1/$3"`;

/** @returns undefined where the engine can't, and can't be made to. @throws Where CI=true and it can't. */
export async function emulationOrNotTested(
  engine: Engine,
  platform: Platform,
): Promise<Emulation | undefined> {
  const untested = `whether the images for ${platform} can be built and run`;
  if (engine.packages === undefined) {
    if (await emulates(platform)) {
      return { end: async () => {} };
    }
    const remedy = "Debian: apt-get install qemu-user-static";
    return notTested(untested, `The Docker engine can't emulate ${platform} (${remedy}).`);
  }
  try {
    return await register(engine, engine.packages, platform);
  } catch (error) {
    if (!(error instanceof ExecaError)) {
      throw error;
    }
    return notTested(
      untested,
      `QEMU can't be had, or the kernel does not take it: ${error.stderr}`,
    );
  }
}

async function emulates(platform: Platform): Promise<boolean> {
  const { stdout } = await execa("docker", ["buildx", "inspect", "--bootstrap"]);
  return stdout.includes(platform);
}

async function register(
  { folder }: Engine,
  packages: DebianPackages,
  platform: Platform,
): Promise<Emulation> {
  const [root, mountPoint, name] = [join(folder, "qemu"), join(folder, "binfmt"), basename(folder)];
  // Debian 12's is not linked statically.
  await packages.unpack(["qemu-user"], root, newerRelease);
  await mkdir(mountPoint);
  const qemu = `qemu-${processors[platform]}`;
  const debians = await readFile(join(root, "usr/share/qemu/binfmt.d", `${qemu}.conf`), "utf8");
  const [, , type, offset, magic, mask] = debians.trim().split(":");
  // F: the kernel opens the emulator now, for containers do not see it.
  const ours = ["", name, type, offset, magic, mask, join(root, "usr/bin", qemu), "F"].join(":");
  const registrar = execa(
    "unshare",
    ["--mount", "sh", "-c", registration, "sh", mountPoint, ours, name],
    { stdin: "pipe" },
  );
  await Promise.race([once(registrar.stdout, "data"), registrar]);
  return {
    async end() {
      registrar.stdin.end();
      await registrar;
    },
  };
}
