/** The deploy programs as users run them, with real Terraform on an emulated AWS. */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateBucketCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startEmulator } from "../../e2e/src/emulator.ts";
import { pluginDirectories } from "../../infra/src/terraform/plugins.ts";
import { startTerraformProvider } from "../../infra/testing/terraform-provider.ts";

const program = join(import.meta.dirname, "../../infra/dist-testing/deploy.js");
const folder = mkdtempSync(join(tmpdir(), "lakehouse-deploy-"));
const emulator = await startEmulator();
afterAll(async () => {
  await Promise.all([emulator?.stop(), provider?.stop()]);
  rmSync(folder, { recursive: true, force: true });
});

const missing = [
  ...(emulator === undefined ? ["moto (pip install 'moto[server]')"] : []),
  ...((await exitCodeOf("terraform", ["version"])) === 0 ? [] : ["terraform"]),
];
if (missing.length > 0) {
  const message = `bootstrap, deploy, plan and destroy on an emulated AWS: needs ${missing.join(" and ")}`;
  if (process.env["CI"] === "true") {
    throw new Error(`${message}. It is required where CI=true.`);
  }
  process.stderr.write(`\n*** NOT TESTED: ${message}.\n\n`);
}

const env = {
  PATH: process.env["PATH"],
  NODE_COMPILE_CACHE: process.env["NODE_COMPILE_CACHE"],
  HOME: folder,
  CDKTF_OUTDIR: join(folder, "out"),
  TF_PLUGIN_CACHE_DIR: join(folder, "plugins"),
  TF_CLI_CONFIG_FILE: join(folder, "terraform.rc"),
  AWS_ENDPOINT_URL: emulator?.endpoint,
  AWS_ACCESS_KEY_ID: emulator?.operator.accessKeyId,
  AWS_SECRET_ACCESS_KEY: emulator?.operator.secretAccessKey,
  AWS_EC2_METADATA_DISABLED: "true",
};

const provider = missing.length === 0 ? await startTerraformProvider(env) : undefined;

interface End {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a deploy program until it ends. All but one use one process of the provider, which saves half of the time. */
async function run(...args: readonly string[]): Promise<End> {
  return await runWith({ ...env, ...provider?.variables }, args);
}

async function runWith(env: NodeJS.ProcessEnv, args: readonly string[]): Promise<End> {
  return await new Promise((resolve) => {
    const options = { env, timeout: 290_000 };
    const child = execFile(process.execPath, [program, ...args], options, (_, stdout, stderr) => {
      resolve({ code: child.exitCode ?? -1, stdout, stderr });
    });
    child.stdin?.end();
  });
}

async function exitCodeOf(file: string, args: readonly string[]): Promise<number> {
  return await new Promise((resolve) => {
    execFile(file, args, { timeout: 20_000 }, (error) => resolve(error === null ? 0 : 1));
  });
}

const digests = ["bronze-silver", "silver-gold"].flatMap((image, index) => [
  "--image-digest",
  `${image}=sha256:${String(index).repeat(64)}`,
]);
const stateBucket = "lakehouse-dev-state-123456789012";

function s3(): S3Client {
  return new S3Client({
    region: "eu-west-1",
    forcePathStyle: true,
    ...(emulator && { endpoint: emulator.endpoint, credentials: emulator.operator }),
  });
}

/** The keys in the state bucket: states, and a lock file for each locked one. */
async function stateKeys(): Promise<string[]> {
  const { Contents = [] } = await s3().send(new ListObjectsV2Command({ Bucket: stateBucket }));
  return Contents.flatMap(({ Key }) => (Key === undefined ? [] : [Key]));
}

describe.skipIf(missing.length > 0)("the deploy programs on an emulated AWS", () => {
  beforeAll(() => {
    for (const name of ["out/stacks/dev-bootstrap", "out/stacks/dev-storage", "plugins"]) {
      mkdirSync(join(folder, name), { recursive: true });
    }
    const [mirror] = pluginDirectories();
    const installation =
      mirror === undefined ? "" : `filesystem_mirror {\n    path = "${mirror}"\n  }`;
    writeFileSync(
      env.TF_CLI_CONFIG_FILE,
      mirror === undefined ? "" : `provider_installation {\n  ${installation}\n}\n`,
    );
    // Terraform waits a minute for a bucket's lifecycle rules to take effect, which the emulator does not need.
    const withoutRules = (stack: string, ...buckets: readonly string[]) => {
      const rules = buckets.map((bucket) => [`${bucket}_lifecycle`, { count: 0 }]);
      const resource = { aws_s3_bucket_lifecycle_configuration: Object.fromEntries(rules) };
      writeFileSync(
        join(folder, `out/stacks/${stack}/emulator_override.tf.json`),
        JSON.stringify({ resource }),
      );
    };
    withoutRules("dev-bootstrap", "state");
    withoutRules("dev-storage", "lake_bronze", "lake_silver", "lake_gold", "lake_query_results");
  });

  it("asks for a bootstrap first", async () => {
    const { code, stderr } = await run("plan", "--env", "dev");
    expect(stderr).toContain(`There is no bucket ${stateBucket}`);
    expect(stderr).toContain("npm run bootstrap -- --env dev");
    expect(code).toBe(2);
  });

  it("resumes a bootstrap that stopped right after creating the bucket", async () => {
    await s3().send(new CreateBucketCommand({ Bucket: stateBucket }));

    const { code, stdout, stderr } = await run("bootstrap", "--env", "dev", "--yes");
    expect(stdout).toContain("  change aws_s3_bucket.state: import");
    expect(code, stderr).toBe(0);
    expect(await stateKeys()).toEqual(["dev-bootstrap.tfstate", "dev-storage.tfstate"]);
  });

  it("changes nothing in a second bootstrap", async () => {
    const { code, stdout } = await run("bootstrap", "--env", "dev", "--yes");
    expect(stdout.trim()).toBe("dev-bootstrap: no changes\ndev-storage: no changes");
    expect(code).toBe(0);
  });

  it("creates the registry, and refuses an image that is not in it", async () => {
    const { code, stdout, stderr } = await run("deploy", "--env", "dev", "--yes", ...digests);
    expect(stdout).toContain("dev-registry: 6 to create, 0 to change, 0 to replace, 0 to destroy");
    expect(stderr).toMatch(
      /UNKNOWN_IMAGE: .*lakehouse-dev\/bronze-silver.*\.\nhint: To list its images: aws ecr describe-images/,
    );
    expect(code).toBe(2);
  });

  it("plans the lakehouse on stdout, without a lock", { timeout: 300_000 }, async () => {
    // Installs and verifies the provider.
    const { code, stdout, stderr } = await runWith(env, ["plan", "--env", "dev"]);
    expect(stdout).toContain("dev-registry: no changes");
    expect(stdout).toMatch(
      /dev-lakehouse: \d{2,} to create, 0 to change, 0 to replace, 0 to destroy/,
    );
    expect(stdout).toMatch(/\| aws_lambda_function +\| +2 \|/);
    expect(code, stderr).toBe(0);
  });

  it("destroys what is deployed, warns that images are lost, and keeps the state", async () => {
    const { code, stdout, stderr } = await run("destroy", "--env", "dev", "--yes");
    expect(stdout).toContain("dev-lakehouse: nothing is deployed");
    expect(stdout).toContain("!!! THIS DESTROYS DATA");
    expect(stdout).toContain("destroy aws_ecr_repository.bronze_silver: loses every image in it");
    expect(code, stderr).toBe(0);
    expect(stdout).toContain("destroy aws_s3_bucket.lake_bronze: loses every object in it");
    expect(await stateKeys()).toEqual([
      "dev-bootstrap.tfstate",
      "dev-registry.tfstate",
      "dev-storage.tfstate",
    ]);
  });
});
