/** A Docker engine for tests: the one that is there, or one of Debian's packages that runs only as long as the tests. */
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { RicUnavailableError } from "../../testing/errors.ts";
import { builtRic } from "../../testing/ric.ts";
import { DebianPackages, newerRelease } from "./debian.ts";
import { notTested } from "./requirement.ts";

/** An engine that is running. */
export interface Engine {
  /** Lead `docker` to it; to be added to a process's own variables. */
  readonly environment: Readonly<Record<string, string>>;
  /** What `docker buildx bake` needs to be told besides. */
  readonly bakeArguments: readonly string[];
  /** For whatever else tests need; removed with the engine. */
  readonly folder: string;
  /** Debian's packages, for an engine that was made of them: it is the tests' own, with all that it holds. */
  readonly packages: DebianPackages | undefined;
  stop(): Promise<void>;
}

/** Of {@link newerRelease}, for buildx's sake; most run on Debian 12 too. */
const newer = ["docker.io", "docker-cli", "docker-buildx", "containerd", "docker-registry"];
const own = ["runc", "tini"];
const patience = 120_000;

/** @returns undefined where there is no engine and none can be had. @throws Where CI=true and there is none. */
export async function engineOrNotTested(untested: string): Promise<Engine | undefined> {
  const folder = await mkdtemp(join(tmpdir(), "lakehouse-engine-"));
  const found = (await existingEngine(folder)) ?? (await privateEngine(folder));
  if (typeof found !== "string") {
    return found;
  }
  await rm(folder, { recursive: true, force: true });
  return notTested(untested, found);
}

async function existingEngine(folder: string): Promise<Engine | undefined> {
  const ask = async (...args: string[]) => {
    const { failed, stdout } = await execa("docker", args, { reject: false, timeout: patience });
    return failed ? undefined : stdout;
  };
  const builder = await ask("buildx", "inspect");
  const store = await ask("info", "--format", "{{json .DriverStatus}}");
  if (builder === undefined || store === undefined) {
    return undefined;
  }
  // The engine's old store of images knows no digests before an image is pushed.
  const tellsDigests =
    !/^Driver:\s+docker$/m.test(builder) || store.includes("io.containerd.snapshotter");
  if (!tellsDigests) {
    return undefined;
  }
  return {
    environment: {},
    bakeArguments: [],
    folder,
    packages: undefined,
    stop: () => rm(folder, { recursive: true, force: true }),
  };
}

/** @returns Why there can be none, if so. */
async function privateEngine(folder: string): Promise<Engine | string> {
  const missing =
    "There is no Docker engine with buildx that has the containerd image store or a builder of its own";
  if (
    process.platform !== "linux" ||
    process.getuid?.() !== 0 ||
    !existsSync("/etc/debian_version")
  ) {
    return `${missing}, and only root on Debian can start one of Debian's packages.`;
  }
  try {
    // What its base image runs handlers with.
    await builtRic();
  } catch (error) {
    if (!(error instanceof RicUnavailableError)) {
      throw error;
    }
    return `${missing}, and none can be made here: ${error.message}`;
  }
  const root = join(folder, "root");
  let packages: DebianPackages;
  try {
    packages = await DebianPackages.create(join(folder, "apt"));
    await packages.unpack(newer, root, newerRelease);
    await packages.unpack(own, root);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return `${missing}, and Debian's packages can't be had: ${reason}`;
  }
  return await startDaemon(folder, root, packages);
}

async function startDaemon(
  folder: string,
  root: string,
  packages: DebianPackages,
): Promise<Engine> {
  const path = ["sbin", "bin"].map((name) => join(root, "usr", name));
  const configuration = join(folder, "configuration");
  await mkdir(configuration);
  await writeFile(
    join(configuration, "config.json"),
    JSON.stringify({ cliPluginsExtraDirs: [join(root, "usr/libexec/docker/cli-plugins")] }),
  );
  const daemonConfiguration = join(folder, "daemon.json");
  await writeFile(
    daemonConfiguration,
    JSON.stringify({
      "data-root": join(folder, "data"),
      "exec-root": join(folder, "exec"),
      pidfile: join(folder, "pid"),
      hosts: [`unix://${folder}/socket`],
      features: { "containerd-snapshotter": true },
      // Nothing of this machine's network is changed: everything uses the host's.
      bridge: "none",
      iptables: false,
      ip6tables: false,
      "ip-forward": false,
    }),
  );
  const environment = {
    PATH: [...path, process.env["PATH"]].join(":"),
    DOCKER_HOST: `unix://${folder}/socket`,
    DOCKER_CONFIG: configuration,
  };
  // In name spaces of its own: when the first process ends, or this one, all others and all mounts are gone.
  const daemon = execa(
    "setpriv",
    [
      ...["--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--mount-proc", "--fork"],
      ...["--kill-child", "dockerd", "--config-file", daemonConfiguration],
    ],
    { env: environment, reject: false, all: true, stdin: "ignore" },
  );
  const stop = async (): Promise<void> => {
    daemon.kill("SIGKILL");
    await daemon;
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  };
  try {
    await untilReady(environment, daemon);
  } catch (error) {
    await stop();
    throw error;
  }
  const network = join(folder, "network.yaml");
  await writeFile(network, networkOverride());
  const bakeArguments = ["--file", network];
  return { environment, bakeArguments, folder, packages, stop };
}

async function untilReady(
  env: Record<string, string>,
  daemon: PromiseLike<{ all?: string }>,
): Promise<void> {
  let ended: string | undefined;
  void daemon.then(({ all }) => {
    ended = all ?? "";
  });
  for (let waited = 0; waited < patience; waited += 250) {
    const { failed } = await execa("docker", ["info"], { env, reject: false, timeout: 10_000 });
    if (!failed) {
      return;
    }
    if (ended !== undefined) {
      throw new Error(`dockerd ended: ${ended.slice(-2000)}`);
    }
    await sleep(250);
  }
  throw new Error("dockerd did not get ready.");
}

/** Bake files of older versions of buildx have no word for a network; Compose files have. Paths are the bake file's. */
function networkOverride(): string {
  const build = { context: "..", dockerfile: "docker/Dockerfile", network: "host" };
  return JSON.stringify({ services: { "bronze-silver": { build }, "silver-gold": { build } } });
}
