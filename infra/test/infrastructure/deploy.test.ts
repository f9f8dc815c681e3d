/** The deploy programs as a user runs them on a bare machine: no Terraform, no Docker, no AWS. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { Session } from "../../src/deploy/session.ts";
import type { Environment } from "../../src/environment.ts";
import { readRuntime } from "../../src/runtime.ts";
import { environments } from "../../testing/environments.ts";
import {
  BareMachine,
  startTinyAws,
  type TinyAwsOptions,
  tinyPassword,
} from "../support/deploy-program.ts";

const credentials = { AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test" };
const fine = "process.exit(0)";
const zeros = "0".repeat(64);

const servers: (() => void)[] = [];
afterAll(() => {
  for (const close of servers) {
    close();
  }
});

async function startedAws(options?: TinyAwsOptions) {
  const { server, endpoint, created } = await startTinyAws(options);
  servers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { created, env: { AWS_ENDPOINT_URL: endpoint, ...credentials } };
}

async function tinyAws(error?: string): Promise<Record<string, string>> {
  const { env } = await startedAws(error === undefined ? {} : { error });
  return env;
}

describe.each(environments.map(({ name }) => name))("a dry run for %s", (name) => {
  it("prints the steps of a deployment in order, with their commands", async () => {
    const { code, stdout, stderr } = await new BareMachine().run([
      "deploy",
      "--env",
      name,
      "--dry-run",
    ]);
    expect(code, stderr).toBe(0);
    const steps = [...stdout.matchAll(/^\[\d\] (\w+)/gm)].map(([, verb]) => verb);
    expect(steps).toEqual(["Synthesize", "Apply", "Apply", "Log", "Build", "Apply", "Print"]);
    expect(stdout).toContain("docker login --username AWS --password-stdin");
    expect(stdout).toMatch(new RegExp(`LAKEHOUSE_REGISTRY=\\S+/lakehouse-${name} `));
    expect(stdout).toMatch(
      new RegExp(`terraform -chdir=\\S+/${name}-lakehouse plan .*-var=paused=false`),
    );
  });

  it("prints what each stack consists of, and that it was not validated", async () => {
    const { stdout } = await new BareMachine().run(["deploy", "--env", name, "--dry-run"]);
    expect(stdout).toMatch(/\| aws_ecr_repository +\| +2 \|/);
    expect(stdout).toMatch(/\| aws_lambda_function +\| +2 \|/);
    expect(stdout.match(/Not validated: terraform is not on the PATH/g)).toHaveLength(3);
  });

  it("prints the steps of bootstrap", async () => {
    const { code, stdout } = await new BareMachine().run(["bootstrap", "--env", name, "--dry-run"]);
    expect(code).toBe(0);
    expect(stdout).toContain(`Create the bucket lakehouse-${name}-state-<account>`);
    expect(stdout).toMatch(new RegExp(`terraform -chdir=\\S+/${name}-bootstrap apply`));
  });

  it.each(["deploy", "plan", "destroy"])(
    "keeps %s from moving the state of another account's bucket",
    async (command) => {
      const { stdout } = await new BareMachine().run([command, "--env", name, "--dry-run"]);
      const inits = stdout.split("\n").filter((line) => line.includes(" init "));
      expect(inits.filter((line) => !line.includes("-reconfigure"))).toEqual([]);
      expect(stdout).not.toContain("-migrate-state");
    },
  );
});

describe("a dry run", () => {
  it("builds no image with digests, nor for a pause", async () => {
    const digests = ["--image-digest", `bronze-silver=sha256:${zeros}`];
    for (const option of [digests, ["--pause"], ["--resume"]]) {
      const run = await new BareMachine().run(["deploy", "--env", "dev", "--dry-run", ...option]);
      expect(run.stdout).not.toContain("docker");
      expect(run.stdout).toContain(option[0] === "--pause" ? "paused=true" : "paused=false");
      // Nothing else may delay a pause.
      expect(run.stdout.includes("Apply the registry")).toBe(option === digests);
    }
  });

  it("of destroy prints what it would do", async () => {
    const { code, stdout } = await new BareMachine().run(["destroy", "--env", "dev", "--dry-run"]);
    expect(code).toBe(0);
    expect(stdout.indexOf("Destroy dev-lakehouse")).toBeLessThan(
      stdout.indexOf("Destroy dev-registry"),
    );
    expect(stdout).toContain("plan -input=false -lock-timeout=15m -destroy");
  });
});

describe("an error says what happened and what to do", () => {
  const cases: readonly (readonly [string, readonly string[], RegExp])[] = [
    ["no environment", ["plan"], /required option '--env <name>'/],
    ["an unknown environment", ["plan", "--env", "test"], /has dev, prod/],
    ["no terminal and no --yes", ["deploy", "--env", "dev"], /Add --yes/],
    ["a protected environment", ["destroy", "--env", "prod", "--yes"], /two steps[\s\S]*1\. Set/],
    [
      "a protected environment, in a dry run",
      ["destroy", "--env", "prod", "--dry-run"],
      /deletionProtection: false/,
    ],
    [
      "a malformed digest",
      ["deploy", "--env", "dev", "--image-digest", "silver-gold=latest"],
      /64 hexadecimal digits; the names are bronze-silver and silver-gold/,
    ],
    [
      "--pause with --resume",
      ["deploy", "--env", "dev", "--pause", "--resume"],
      /'--pause' cannot be used with option '--resume'/,
    ],
    [
      "no Terraform",
      ["plan", "--env", "dev"],
      /terraform is not on the PATH\.\nhint: Install Terraform/,
    ],
  ];
  it("destroy without a terminal does not suggest the flag that deletes a lake", async () => {
    const { code, stderr } = await new BareMachine().run(["destroy", "--env", "dev"]);
    expect(code).toBe(2);
    expect(stderr).toContain("this is not a terminal");
    expect(stderr).not.toContain("--yes");
  });

  it.each(cases)("%s", async (_, args, message) => {
    const { code, stdout, stderr } = await new BareMachine().run(args);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(stdout).toBe("");
    expect(code).toBe(2);
  });

  it("no Docker", async () => {
    const machine = new BareMachine().install("terraform", fine).set(await tinyAws());
    const { code, stderr } = await machine.run(["deploy", "--env", "dev", "--yes"]);
    expect(stderr).toContain("docker is not on the PATH.\nhint: Install Docker");
    expect(code).toBe(2);
  });

  it("no credentials", async () => {
    const machine = new BareMachine().install("terraform", fine);
    const { code, stderr } = await machine.run(["plan", "--env", "dev"]);
    expect(stderr).toContain(
      "NO_CREDENTIALS: CredentialsProviderError: Could not load credentials",
    );
    expect(code).toBe(2);
  });

  it.each([
    ["ExpiredToken", "EXPIRED_CREDENTIALS: ExpiredToken: ExpiredToken.\nhint: Sign in again"],
    [
      "InvalidClientTokenId",
      "NO_CREDENTIALS: InvalidClientTokenId: InvalidClientTokenId.\nhint: Set AWS_",
    ],
  ])("credentials that AWS refuses with %s", async (error, message) => {
    const machine = new BareMachine().install("terraform", fine).set(await tinyAws(error));
    const { code, stderr } = await machine.run(["plan", "--env", "dev"]);
    expect(stderr).toContain(message);
    expect(code).toBe(2);
  });

  it("prints Terraform's error, with its command", async () => {
    const machine = new BareMachine()
      .install("terraform", "console.error('Error: no such provider'); process.exit(1)")
      .set(await tinyAws());
    const { code, stderr } = await machine.run(["plan", "--env", "dev"]);
    expect(stderr).toContain("COMMAND_FAILED: Command failed with exit code 1: terraform");
    expect(stderr).toMatch(/dev-storage'? init/);
    expect(stderr).toContain("Error: no such provider");
    expect(code).toBe(3);
  });
});

describe("a mistake in the configuration", () => {
  it.each([false, true])(
    "is printed unchanged as CONFIGURATION error (--verbose: %s)",
    async (verbose) => {
      const dist = join(new BareMachine().folder, "infra", "dist");
      mkdirSync(dist, { recursive: true });
      const mistake = "orders.amount: a decimal needs a scale. Add one.";
      const script = `process.stderr.write(${JSON.stringify(mistake)}); process.exitCode = 2;`;
      writeFileSync(join(dist, "main.js"), script);
      const session = new Session(environments[0] as Environment, {
        dist,
        runtime: readRuntime(),
        dryRun: false,
        verbose,
      });
      await expect(session.synthesize()).rejects.toMatchObject({
        code: "CONFIGURATION",
        exitCode: 2,
        message: mistake,
      });
    },
  );
});

describe("an environment that names its account", () => {
  it("refuses credentials of another", async () => {
    const [first] = environments;
    const elsewhere: Environment = { ...(first as Environment), account: "999999999999" };
    Object.assign(process.env, await tinyAws());
    const dist = join(import.meta.dirname, "../../dist-testing");
    const session = new Session(elsewhere, {
      dist,
      runtime: readRuntime(),
      dryRun: false,
      verbose: false,
    });
    await expect(session.identify()).rejects.toThrow(
      /are of account 123456789012, but environment dev belongs in 999999999999/,
    );
  });
});

describe("bootstrap in an empty account", () => {
  it("creates the bucket, and has Terraform import it into the state", async () => {
    const bucket = "lakehouse-dev-state-123456789012";
    const { created, env } = await startedAws({ empty: true });
    const machine = new BareMachine().set(env);
    const record = join(machine.folder, "terraform.jsonl");
    const imports = join(machine.folder, "out/stacks/dev-bootstrap/import.tf.json");
    machine.install(
      "terraform",
      `const { appendFileSync, readFileSync } = require("node:fs");
       const args = process.argv.slice(2);
       const { import: imports } = JSON.parse(readFileSync(${JSON.stringify(imports)}, "utf8"));
       appendFileSync(${JSON.stringify(record)}, JSON.stringify({ args, imports }) + "\\n");
       const importing = { address: "aws_s3_bucket.state", type: "aws_s3_bucket",
         change: { actions: ["no-op"], importing: { id: imports[0].id } } };
       if (args[1] === "show") console.log(JSON.stringify({ resource_changes: [importing] }));
       if (args[1] === "output") console.log("{}");`,
    );
    const { code, stdout, stderr } = await machine.run(["bootstrap", "--env", "dev", "--yes"]);
    expect(code, stderr).toBe(0);
    expect(created).toEqual([bucket]);
    expect(stdout).toContain("  change aws_s3_bucket.state: import");
    const commands = readFileSync(record, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { args: string[]; imports: unknown });
    expect(commands.map(({ args }) => args[1])).toEqual([
      "init",
      "plan",
      "show",
      "apply",
      "output",
      // Then storage, whose buckets and roles Terraform makes.
      "init",
      "show",
      "plan",
      "show",
      "apply",
    ]);
    expect(commands.at(-1)?.args.join(" ")).toContain("dev-storage");
    expect(commands[0]?.args).toContain(`-backend-config=bucket=${bucket}`);
    expect(commands[0]?.imports).toEqual([{ to: "aws_s3_bucket.state", id: bucket }]);
  });

  it("is needed before anything else", async () => {
    const { created, env } = await startedAws({ empty: true });
    const machine = new BareMachine().set(env).install("terraform", fine);
    const { code, stderr } = await machine.run(["deploy", "--env", "dev", "--yes", "--pause"]);
    expect(stderr).toContain("NOT_BOOTSTRAPPED: There is no bucket lakehouse-dev-state-");
    expect(created).toEqual([]);
    expect(code).toBe(2);
  });
});

describe("the registry's password", () => {
  it("goes to Docker by stdin, and is in no argument and no output", async () => {
    const machine = new BareMachine().set(await tinyAws());
    const record = join(machine.folder, "docker.json");
    machine
      .install(
        "terraform",
        `const [, verb, form, plan] = process.argv.slice(2);
         if (verb === "show") console.log(plan === undefined ? "{}" : '{"resource_changes":[]}');`,
      )
      .install(
        "docker",
        `const { readFileSync, writeFileSync } = require("node:fs");
         const heard = { args: process.argv.slice(2), stdin: readFileSync(0, "utf8") };
         writeFileSync(${JSON.stringify(record)}, JSON.stringify(heard));
         process.exit(1);`,
      );
    const { stdout, stderr } = await machine.run(["deploy", "--env", "dev", "--yes", "--verbose"]);
    const { args, stdin } = JSON.parse(readFileSync(record, "utf8")) as {
      args: string[];
      stdin: string;
    };
    const host = "123456789012.dkr.ecr.eu-west-1.amazonaws.com";
    expect(args).toEqual(["login", "--username", "AWS", "--password-stdin", host]);
    expect(stdin).toBe(tinyPassword);
    expect(stderr).toContain("Command failed with exit code 1: docker login");
    expect(stdout + stderr).not.toContain(tinyPassword);
  });
});

describe("a deployment that is stopped", () => {
  it("passes the signal on to Terraform, and waits until it has released its lock", async () => {
    const machine = new BareMachine().set(await tinyAws());
    const started = join(machine.folder, "started");
    const released = join(machine.folder, "released");
    machine.install(
      "terraform",
      `const { writeFileSync } = require("node:fs");
       process.on("SIGTERM", () => setTimeout(() => {
         writeFileSync(${JSON.stringify(released)}, "");
         process.exit(1);
       }, 500));
       setInterval(() => {}, 1000);
       writeFileSync(${JSON.stringify(started)}, "");`,
    );
    const { code, stderr } = await machine.run(["plan", "--env", "dev"], (child) => {
      const timer = setInterval(() => {
        if (existsSync(started)) {
          clearInterval(timer);
          child.kill("SIGTERM");
        }
      }, 50);
    });
    expect(existsSync(released)).toBe(true);
    expect(stderr).toContain("INTERRUPTED: Stopped by SIGTERM");
    expect(stderr).toContain("Run the same command again");
    expect(code).toBe(130);
  });
});
