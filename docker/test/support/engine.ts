/** A Docker engine for tests: the one that is there, or one of Debian's packages that runs only as long as the tests. */
import { existsSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { RicUnavailableError } from "../../src/errors.ts";
import { builtRic } from "../../src/ric.ts";
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
  readonly packages: Packages | undefined;
  stop(): Promise<void>;
}

/** Debian's packages, downloaded and unpacked without being installed. */
export interface Packages {
  /** Unpacks packages into a folder; by default those of this machine's own release. */
  unpack(names: readonly string[], folder: string, release?: string): Promise<void>;
}

/** Debian 13's are new enough to have buildx, and most run on Debian 12 too. */
const newerRelease = "trixie";
const newer = ["docker.io", "docker-cli", "docker-buildx", "containerd", "docker-registry"];
const own = ["runc", "tini"];
const patience = 120_000;

/** @returns undefined where there is no engine and none can be had. @throws Where CI=true and there is none. */
export async function engineOrNotTested(untested: string): Promise<Engine | undefined> {
  const folder = await mkdtemp(join(tmpdir(), "lakehouse-engine-"));
  const found = (await existingEngine(folder)) ?? (await privateEngine(folder));
  if (typeof found !== "string") return found;
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
  if (builder === undefined || store === undefined) return undefined;
  // The engine's old store of images knows no digests before an image is pushed.
  const tellsDigests =
    !/^Driver:\s+docker$/m.test(builder) || store.includes("io.containerd.snapshotter");
  if (!tellsDigests) return undefined;
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
    if (!(error instanceof RicUnavailableError)) throw error;
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

async function startDaemon(folder: string, root: string, packages: Packages): Promise<Engine> {
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
    if (!failed) return;
    if (ended !== undefined) throw new Error(`dockerd ended: ${ended.slice(-2000)}`);
    await sleep(250);
  }
  throw new Error("dockerd did not get ready.");
}

/** Bake files of older versions of buildx have no word for a network; Compose files have. Paths are the bake file's. */
function networkOverride(): string {
  const build = { context: "..", dockerfile: "docker/Dockerfile", network: "host" };
  return JSON.stringify({ services: { "bronze-silver": { build }, "silver-gold": { build } } });
}

/** apt with lists of its own: this machine's sources, and a newer release from the same place. */
class DebianPackages implements Packages {
  private constructor(
    private readonly options: readonly string[],
    private readonly downloads: string,
    private readonly ownRelease: string,
  ) {}

  static async create(folder: string): Promise<DebianPackages> {
    const lists = join(folder, "lists");
    const downloads = join(folder, "downloads");
    await mkdir(join(lists, "partial"), { recursive: true });
    await mkdir(downloads);
    const ownRelease = codename();
    const sources = join(folder, "sources.list");
    await writeFile(sources, await sourcesList([ownRelease, newerRelease]));
    const options = [
      ["Dir::Etc::SourceList", sources],
      ["Dir::Etc::SourceParts", "/dev/null"],
      ["Dir::State::Lists", lists],
      ["Dir::Cache", folder],
      ["APT::Sandbox::User", "root"],
    ].flatMap(([name, value]) => ["-o", `${name}=${value}`]);
    const packages = new DebianPackages(options, downloads, ownRelease);
    await packages.apt("update");
    return packages;
  }

  async unpack(names: readonly string[], folder: string, release = this.ownRelease): Promise<void> {
    await this.apt("download", ...names.map((name) => `${name}/${release}`));
    await mkdir(folder, { recursive: true });
    for (const file of await readdir(this.downloads)) {
      await execa("dpkg", ["--extract", join(this.downloads, file), folder], { timeout: patience });
      await rm(join(this.downloads, file));
    }
  }

  private async apt(...args: string[]): Promise<void> {
    const { cwd, timeout } = { cwd: this.downloads, timeout: patience };
    await execa("apt-get", ["--quiet", ...this.options, ...args], { cwd, timeout });
  }
}

function codename(): string {
  const name = /^VERSION_CODENAME=(\w+)/m.exec(readFileSync("/etc/os-release", "utf8"))?.[1];
  if (name === undefined) throw new Error("/etc/os-release names no release.");
  return name;
}

/** The releases, from where this machine gets its own packages. */
async function sourcesList(releases: readonly string[]): Promise<string> {
  const parts = await readdir("/etc/apt/sources.list.d");
  const files = [
    "/etc/apt/sources.list",
    ...parts.map((file) => `/etc/apt/sources.list.d/${file}`),
  ];
  const address = files
    .filter((file) => existsSync(file))
    .map((file) => /https?:\/\/\S+\/debian\/?(?=\s|$)/.exec(readFileSync(file, "utf8"))?.[0])
    .find((found) => found !== undefined);
  if (address === undefined) throw new Error("apt has no source of Debian's packages.");
  const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";
  return [...new Set(releases)]
    .map((release) => `deb [signed-by=${keyring}] ${address} ${release} main\n`)
    .join("");
}
