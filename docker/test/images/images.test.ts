/** Builds the images with a Docker engine for both platforms, runs them behind the Runtime API, and pushes them. */
import { existsSync } from "node:fs";
import { appendFile, chmod, cp, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type FunctionName, functionNames } from "@lakehouse/lake/functions";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { ExecutionEnvironment } from "../../testing/execution-environment.ts";
import { callInContainer, containerLauncher } from "../support/container.ts";
import { engineOrNotTested } from "../support/engine.ts";
import { deployFiles, type Platform, platformNames, sizesOf } from "../support/files.ts";
import { createLake, order, sqsEvent } from "../support/lake.ts";
import { watchedRegistry } from "../support/watched-registry.ts";
import { WorkspaceCopy } from "../support/workspace-copy.ts";

const sourceDateEpoch = 1_767_225_600;
/** For tests that build, in milliseconds. */
const timeout = 400_000;
const engine = await engineOrNotTested();
const native = engine?.native ?? "linux/amd64";
const emulated = engine?.emulated;
const other = platformNames.find((name) => name !== native) ?? native;
const bakeArguments = ["--progress", "plain", ...(engine?.bakeArguments ?? [])];
const certificates = process.env["NODE_EXTRA_CA_CERTS"];
/** The registry of every build. Builds of any other engine may not reach this machine's own addresses. */
const packages = engine?.disposable === true ? await watchedRegistry(engine.folder) : undefined;
const environment: Readonly<Record<string, string>> = {
  LAKEHOUSE_PLATFORM: native,
  LAKEHOUSE_REGISTRY: "lakehouse",
  SOURCE_DATE_EPOCH: String(sourceDateEpoch),
  ...(certificates === undefined ? {} : { LAKEHOUSE_CA: certificates }),
  ...(packages === undefined ? {} : { LAKEHOUSE_NPMRC: packages.npmrc }),
};
/** For images of the other platform, so the engine keeps both. */
const otherEnvironment: Readonly<Record<string, string>> = {
  ...environment,
  LAKEHOUSE_PLATFORM: other,
  LAKEHOUSE_REGISTRY: "lakehouse-emulated",
};

/** Without Turborepo. */
async function bake(cwd: string, env: Record<string, string>, ...args: string[]): Promise<void> {
  const files = ["--file", "docker-bake.hcl", ...bakeArguments];
  await execa("docker", ["buildx", "bake", ...files, ...args], { cwd, env, timeout, all: true });
}

/** The image's name in the engine. */
function imageOf(name: FunctionName, platform: Platform): string {
  const { LAKEHOUSE_REGISTRY } = platform === native ? environment : otherEnvironment;
  return `${LAKEHOUSE_REGISTRY}/${name}`;
}

async function docker(...args: string[]): Promise<string> {
  const { stdout } = await execa("docker", args, { timeout: 120_000 });
  return stdout;
}

describe.skipIf(engine === undefined)("the images", () => {
  const folder = engine?.folder ?? "";
  let copy: WorkspaceCopy;
  let digests: Readonly<Record<FunctionName, string>>;

  beforeAll(async () => {
    copy = await WorkspaceCopy.create(join(folder, "workspace"));
    const first = await copy.turbo(["image"], bakeArguments, environment);
    expect(first.image).toBe("miss");
    digests = first.result;
    // A builder of buildx's own does not load images into the engine.
    if (engine?.disposable !== true) {
      await bake(copy.dockerFolder, environment, "--load");
    }
  }, timeout);

  /** Makes the files outside Docker and in another folder. They must be the same. */
  async function deploy(name: FunctionName, platform: Platform, to: string): Promise<void> {
    const bundle = await copy.bundle(name);
    const page = name === "silver-gold" ? await copy.page() : undefined;
    const source = { workspace: copy.folder, bundle, page, sourceDateEpoch };
    expect(await deployFiles(name, platform, to, source)).toBeUndefined();
  }

  /** @returns An archive of all files of an image. It is created once. */
  async function exported(name: FunctionName, platform: Platform): Promise<string> {
    const archive = join(folder, `${name}-${platform.replace("/", "-")}.tar`);
    if (!existsSync(archive)) {
      const options = ["--network", "host", "--platform", platform];
      const id = await docker("create", ...options, imageOf(name, platform));
      await docker("export", "--output", archive, id);
      await docker("rm", id);
    }
    return archive;
  }

  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
    if (emulated !== undefined && engine?.disposable !== true) {
      await docker("image", "rm", "--force", ...functionNames.map((name) => imageOf(name, other)));
    }
  });

  describe.each(emulated === undefined ? [native] : [native, emulated])("for %s", (platform) => {
    beforeAll(async () => {
      if (platform !== native) {
        const load = engine?.disposable === true ? [] : ["--load"];
        await bake(copy.dockerFolder, otherEnvironment, ...load);
      }
    }, timeout);

    test.each(functionNames)("%s has that platform, and starts as user 1000", async (name) => {
      const tag = imageOf(name, platform);
      const [image] = JSON.parse(await docker("image", "inspect", tag));
      expect(`${image.Os}/${image.Architecture}`).toBe(platform);
      expect(image.Config).toMatchObject({
        User: "1000:1000",
        Cmd: ["handler.handler"],
        Labels: {
          "org.opencontainers.image.title": `lakehouse ${name}`,
          "org.opencontainers.image.licenses": "MIT",
        },
      });
      const options = ["--rm", "--network", "host", "--platform", platform, "--entrypoint", "id"];
      expect(await docker("run", ...options, tag)).toMatch(/^uid=1000\b.* gid=1000\b/);
    });

    test.each(functionNames)(
      "%s holds exactly the files that pnpm deploys, and its bundle",
      async (name) => {
        const expected = join(folder, `expected-${name}`, platform);
        await deploy(name, platform, expected);
        const actual = join(folder, `actual-${name}`, platform);
        await mkdir(actual, { recursive: true });
        const archive = await exported(name, platform);
        await execa("tar", ["--extract", "--file", archive, "--directory", actual, "var/task"]);
        await expectSameFiles(join(actual, "var", "task"), expected);
      },
    );

    test.each(functionNames)(
      "%s holds no package manager and no certificate of ours",
      async (name) => {
        const archive = await exported(name, platform);
        const { stdout } = await execa("tar", ["--list", "--file", archive]);
        const files = stdout.split("\n");
        expect(files).toContain("var/task/handler.mjs");
        const manager =
          /(?:^|\/)(?:npm|npx|corepack|pnpm|yarn|apt|apt-get|dpkg|dnf|microdnf|yum|rpm)$/;
        expect(files.filter((file) => /(?:^|\/)s?bin\//.test(file) && manager.test(file))).toEqual(
          [],
        );
        expect(files.filter((file) => /node_modules\/(?:npm|pnpm)\//.test(file))).toEqual([]);
        expect(files.filter((file) => file.startsWith("run/secrets/"))).toEqual([]);
      },
    );
  });

  test.skipIf(emulated === undefined)(
    "make a lake on the other platform, emulated",
    { timeout },
    async () => {
      const lake = await createLake();
      onTestFinished(() => lake.remove());
      await chmod(lake.directory, 0o777);
      const key = await lake.putOrders("small.gz", [order(1), order(2)]);
      const call = (name: FunctionName, event: unknown) =>
        callInContainer(imageOf(name, other), other, event, lake.directory);
      expect(await call("bronze-silver", { keys: [key] })).toMatchObject({ objects: 1, rows: 2 });
      expect(await call("silver-gold", {})).toMatchObject({ published: true });
      const gold = join(lake.directory, "gold", "customer_summary", "data.csv");
      expect(await readFile(gold, "utf8")).toContain("21.00");
    },
  );

  test("make a lake behind the Runtime API, on a read-only file system, without privileges", async () => {
    const lake = await createLake();
    onTestFinished(() => lake.remove());
    await chmod(lake.directory, 0o777);
    const key = await lake.putOrders("small.gz", [order(1), order(2)]);
    const many = Array.from({ length: 1_000_000 }, (_, index) => order(index));
    const large = await lake.putOrders("large.gz", many);
    const start = async (name: FunctionName): Promise<ExecutionEnvironment> => {
      const started = await ExecutionEnvironment.create({
        functionName: `lakehouse-test-${name}`,
        launcher: containerLauncher(imageOf(name, native), lake.directory),
        environment: { LAKEHOUSE_LAKE: lake.directory },
        taskRoot: "/var/task",
      });
      onTestFinished(() => started.stop());
      return started;
    };
    const bronzeSilver = await start("bronze-silver");
    const batch = sqsEvent([key, "orders/2024/03/01/10/missing.gz"]);
    expect(await bronzeSilver.invoke(batch)).toMatchObject({
      kind: "succeeded",
      coldStart: true,
      response: { batchItemFailures: [{ itemIdentifier: "message-1" }] },
    });
    expect(await bronzeSilver.invoke({ unknown: "event" })).toMatchObject({
      kind: "failed",
      error: { errorType: "UnknownEventError" },
    });
    expect(await bronzeSilver.invoke({ keys: [large] }, { timeoutMs: 1 })).toMatchObject({
      kind: "timed out",
      coldStart: false,
    });
    expect(await bronzeSilver.invoke({ keys: [large] })).toMatchObject({
      kind: "succeeded",
      coldStart: true,
      response: { rows: 1_000_000 },
    });
    const silverGold = await start("silver-gold");
    expect(await silverGold.invoke({})).toMatchObject({ kind: "succeeded", coldStart: true });
    const gold = join(lake.directory, "gold", "customer_summary", "data.csv");
    expect(await readFile(gold, "utf8")).toContain("10500000.00");
  });

  test.skipIf(packages === undefined)("are built from the registry that an .npmrc names", () => {
    expect(packages?.clients).toEqual(new Set(["npm", "pnpm"]));
  });

  test("are not built again while nothing changes", { timeout }, async () => {
    const again = await copy.turbo(["image"], bakeArguments, environment);
    expect(again).toEqual({ image: "hit", result: digests });
  });

  test("get a new digest if a handler changed, and the same one otherwise, though built again", {
    timeout,
  }, async () => {
    const handler = join(copy.folder, "packages", "bronze-silver", "src", "handler.ts");
    const kept = `${folder}/handler.ts`;
    await cp(handler, kept);
    onTestFinished(() => cp(kept, handler));
    await appendFile(handler, '\nprocess.title = "changed";\n');
    const changed = await copy.turbo(["image"], bakeArguments, environment);
    expect(changed.image).toBe("miss");
    expect(changed.result["bronze-silver"]).not.toBe(digests["bronze-silver"]);
    // Built again too, because any changed source invalidates the installation.
    expect(changed.result["silver-gold"]).toBe(digests["silver-gold"]);
  });

  test("hold the right files for the other platform too, without emulation", {
    timeout,
  }, async () => {
    const destination = join(folder, "other");
    const settings = [
      `*.platform=${other}`,
      "*.target=files",
      `*.output=type=local,dest=${destination}`,
    ];
    const args = settings.flatMap((each) => ["--set", each]);
    await bake(copy.dockerFolder, environment, "silver-gold", ...args);
    const expected = join(folder, "expected-other");
    await deploy("silver-gold", other, expected);
    await expectSameFiles(destination, expected);
  });

  test("are not built from files that don't load in them", { timeout }, async () => {
    // The stage that holds the function's files gives way to files for the other platform.
    const stage = `*.contexts.files=${join(folder, "other")}`;
    await expect(
      bake(copy.dockerFolder, environment, "silver-gold", "--set", stage),
    ).rejects.toThrow("@duckdb/node-api does not load on linux/");
  });

  test.skipIf(engine?.registry !== true)(
    "are pushed, even if only Turborepo still has them, with the registry's digests in digests.json",
    { timeout },
    async () => {
      const registry = await startRegistry(join(folder, "registry"));
      const env = { ...environment, LAKEHOUSE_REGISTRY: `${registry}/lakehouse-test` };
      if (engine?.disposable === true) {
        await loseImages();
      }
      const push = () => copy.turbo(["image", "push"], bakeArguments, env);
      const { image, result: references } = await push();
      expect(image).toBe("hit");
      for (const name of functionNames) {
        const digest = digests[name];
        expect(references[name]).toBe(`${registry}/lakehouse-test/${name}@${digest}`);
        const response = await fetch(
          `http://${registry}/v2/lakehouse-test/${name}/manifests/${digest}`,
          {
            headers: {
              Accept:
                "application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json",
            },
          },
        );
        expect(response.status).toBe(200);
        expect(response.headers.get("docker-content-digest")).toBe(digest);
        expect(await response.json(), "Lambda takes no index").toHaveProperty("layers");
      }
      const again = await push();
      expect(again.result, "pushing again changes nothing").toEqual(references);
    },
  );
});

/** Leaves the engine only the base image and the builds' caches: packages, and pnpm's verdict on the lockfile. */
async function loseImages(): Promise<void> {
  await docker("image", "rm", "--force", ...functionNames.map((name) => `lakehouse/${name}`));
  await docker("builder", "prune", "--all", "--force", "--filter", "type=regular");
  expect(await docker("image", "ls", "--quiet", "lakehouse/*")).toBe("");
}

/** Names, contents, modes and times. */
async function expectSameFiles(actual: string, expected: string): Promise<void> {
  const [found, wanted] = [await sizesOf(actual), await sizesOf(expected)];
  expect([...found.keys()].sort()).toEqual([...wanted.keys()].sort());
  for (const file of wanted.keys()) {
    const [one, other] = [join(actual, file), join(expected, file)];
    expect((await readFile(one)).equals(await readFile(other)), file).toBe(true);
    const [{ mode, mtimeMs }, like] = [await stat(one), await stat(other)];
    expect({ file, mode, mtimeMs }).toEqual({ file, mode: like.mode, mtimeMs: like.mtimeMs });
  }
}

/** Starts a registry that ends with the test. @returns Its address. */
async function startRegistry(directory: string): Promise<string> {
  const address = `127.0.0.1:${await freePort()}`;
  const configuration = `${directory}.json`;
  await writeFile(
    configuration,
    JSON.stringify({
      version: 0.1,
      storage: { filesystem: { rootdirectory: directory } },
      http: { addr: address },
    }),
  );
  const registry = execa("docker-registry", ["serve", configuration], {
    reject: false,
    cleanup: true,
  });
  onTestFinished(async () => {
    registry.kill("SIGKILL");
    await registry;
  });
  for (let attempt = 0; attempt < 100; attempt++) {
    const answer = await fetch(`http://${address}/v2/`).catch(() => undefined);
    if (answer?.ok === true) {
      return address;
    }
    await sleep(100);
  }
  throw new Error("The registry did not start.");
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}
