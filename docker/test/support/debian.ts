/** Debian's packages, downloaded and unpacked without being installed. */
import { existsSync, readFileSync } from "node:fs";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";

/** Debian 13: for what Debian 12 has not, or too old. */
export const newerRelease = "trixie";
const patience = 120_000;

/** apt with lists of its own: this machine's sources, and a newer release from the same place; for one architecture. */
export class DebianPackages {
  readonly #folder: string;
  readonly #options: readonly string[];
  readonly #ownRelease: string;

  private constructor(folder: string, options: readonly string[], ownRelease: string) {
    this.#folder = folder;
    this.#options = options;
    this.#ownRelease = ownRelease;
  }

  /** @param folder To make: for lists and downloads. @param architecture By default this machine's. */
  static async create(folder: string, architecture?: string): Promise<DebianPackages> {
    const lists = join(folder, "lists");
    await mkdir(join(lists, "partial"), { recursive: true });
    await mkdir(join(folder, "downloads"));
    const ownRelease = codename();
    const sources = join(folder, "sources.list");
    await writeFile(sources, await sourcesList([ownRelease, newerRelease]));
    const options = [
      ["Dir::Etc::SourceList", sources],
      ["Dir::Etc::SourceParts", "/dev/null"],
      ["Dir::State::Lists", lists],
      ["Dir::Cache", folder],
      ["APT::Sandbox::User", "root"],
      ...(architecture === undefined ? [] : [["APT::Architecture", architecture]]),
    ].flatMap(([name, value]) => ["-o", `${name}=${value}`]);
    const packages = new DebianPackages(folder, options, ownRelease);
    await packages.#apt("update");
    return packages;
  }

  /** Unpacks packages into a folder; by default those of this machine's own release. */
  async unpack(
    names: readonly string[],
    folder: string,
    release = this.#ownRelease,
  ): Promise<void> {
    await this.#apt("download", ...names.map((name) => `${name}/${release}`));
    await mkdir(folder, { recursive: true });
    for (const file of await readdir(this.#downloads)) {
      await execa("dpkg", ["--extract", join(this.#downloads, file), folder], {
        timeout: patience,
      });
      await rm(join(this.#downloads, file));
    }
  }

  /** The packages for another processor. @param architecture By Debian's name, which is Docker's, too. */
  ofArchitecture(architecture: string): Promise<DebianPackages> {
    return DebianPackages.create(join(this.#folder, architecture), architecture);
  }

  get #downloads(): string {
    return join(this.#folder, "downloads");
  }

  async #apt(...args: string[]): Promise<void> {
    const { cwd, timeout } = { cwd: this.#downloads, timeout: patience };
    await execa("apt-get", ["--quiet", ...this.#options, ...args], { cwd, timeout });
  }
}

function codename(): string {
  const name = /^VERSION_CODENAME=(\w+)/m.exec(readFileSync("/etc/os-release", "utf8"))?.[1];
  if (name === undefined) {
    throw new Error("/etc/os-release names no release.");
  }
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
  if (address === undefined) {
    throw new Error("apt has no source of Debian's packages.");
  }
  const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";
  return [...new Set(releases)]
    .map((release) => `deb [signed-by=${keyring}] ${address} ${release} main\n`)
    .join("");
}
