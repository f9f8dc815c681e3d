/** The deploy programs as a user runs them on a bare machine: no Terraform, no Docker, no AWS. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { Session } from "../../src/deploy/session.ts";
import { Shell } from "../../src/deploy/shell.ts";
import { workspaceAt } from "../../src/deploy/workspace.ts";
import type { Environment } from "../../src/environment.ts";
import { environments } from "../../testing/environments.ts";
import { BareMachine, startTinyAws, tinyPassword } from "../support/deploy-program.ts";

const credentials = { AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test" };
const fine = "process.exit(0)";
const zeros = "0".repeat(64);

const servers: (() => void)[] = [];
afterAll(() => {
  for (const close of servers) {
    close();
  }
});

async function tinyAws(error?: string): Promise<Record<string, string>> {
  const { server, endpoint } = await startTinyAws(error);
  servers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { AWS_ENDPOINT_URL: endpoint, ...credentials };
}

describe.each(environments.map(({ name }) => name))("a dry run for %s", (name) => {
  it("tells the steps of a deployment in their order, with their commands", async () => {
    const { code, stdout, stderr } = await new BareMachine().run([
      "deploy",
      "--env",
      name,
      "--dry-run",
    ]);
    expect(code, stderr).toBe(0);
    const steps = [...stdout.matchAll(/^\[\d\/6\] (\w+)/gm)].map(([, verb]) => verb);
    expect(steps).toEqual(["Synthesize", "Apply", "Log", "Build", "Apply", "Tell"]);
    expect(stdout).toContain("docker login --username AWS --password-stdin");
    expect(stdout).toMatch(new RegExp(`LAKEHOUSE_REGISTRY=\\S+/lakehouse-${name} `));
    expect(stdout).toMatch(
      new RegExp(`terraform -chdir=\\S+/${name}-lakehouse plan .*-var=paused=false`),
    );
  });

  it("tells what each stack is made of, and that nobody validated it", async () => {
    const { stdout } = await new BareMachine().run(["deploy", "--env", name, "--dry-run"]);
    expect(stdout).toMatch(/│ aws_ecr_repository +│ +2 │/);
    expect(stdout).toMatch(/│ aws_lambda_function +│ +2 │/);
    expect(stdout.match(/Not validated: terraform is not on the PATH/g)).toHaveLength(2);
  });

  it("tells the steps of bootstrap", async () => {
    const { code, stdout } = await new BareMachine().run(["bootstrap", "--env", name, "--dry-run"]);
    expect(code).toBe(0);
    expect(stdout).toContain(`lakehouse-${name}-state-<account>`);
    expect(stdout).toContain("-migrate-state");
  });

  it.each(["deploy", "plan", "destroy"])(
    "lets %s never move the state of another account's bucket",
    async (command) => {
      const { stdout } = await new BareMachine().run([command, "--env", name, "--dry-run"]);
      const inits = stdout.split("\n").filter((line) => line.includes(" init "));
      expect(inits.filter((line) => !line.includes("-reconfigure"))).toEqual([]);
      expect(stdout).not.toContain("-migrate-state");
    },
  );
});

describe("a dry run", () => {
  it("builds no image where digests are named, nor to pull the brake", async () => {
    const digests = ["--image-digest", `bronze-silver=sha256:${zeros}`];
    for (const option of [digests, ["--pause"], ["--resume"]]) {
      const run = await new BareMachine().run(["deploy", "--env", "dev", "--dry-run", ...option]);
      expect(run.stdout).not.toContain("docker");
      expect(run.stdout).toContain(option[0] === "--pause" ? "paused=true" : "paused=false");
      // Nothing else may stand in the brake's way.
      expect(run.stdout.includes("Apply the registry")).toBe(option === digests);
    }
  });

  it("of destroy tells what it would do", async () => {
    const { code, stdout } = await new BareMachine().run(["destroy", "--env", "dev", "--dry-run"]);
    expect(code).toBe(0);
    expect(stdout.indexOf("Destroy dev-lakehouse")).toBeLessThan(
      stdout.indexOf("Destroy dev-registry"),
    );
    expect(stdout).toContain("plan -input=false -lock-timeout=15m -destroy");
  });
});

describe("what a user does wrong is told in a sentence that says what to do", () => {
  const cases: readonly (readonly [string, readonly string[], RegExp])[] = [
    ["no environment", ["plan"], /required option '--env <name>'/],
    ["an environment that is not there", ["plan", "--env", "test"], /has dev, prod/],
    ["no terminal and no --yes", ["deploy", "--env", "dev"], /Add --yes/],
    ["a protected environment", ["destroy", "--env", "prod", "--yes"], /two steps[\s\S]*1\. set/],
    [
      "a protected environment, in a dry run",
      ["destroy", "--env", "prod", "--dry-run"],
      /deletionProtection: false/,
    ],
    [
      "a digest that is none",
      ["deploy", "--env", "dev", "--image-digest", "silver-gold=latest"],
      /64 hexadecimal digits; the names are bronze-silver and silver-gold/,
    ],
    ["both at once", ["deploy", "--env", "dev", "--pause", "--resume"], /contradict/],
    ["no Terraform", ["plan", "--env", "dev"], /terraform is not on the PATH\. Install Terraform/],
  ];
  it.each(cases)("%s", async (_, args, message) => {
    const { code, stdout, stderr } = await new BareMachine().run(args);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(stdout).toBe("");
    expect(code).toBe(2);
  });

  it("no Docker", async () => {
    const machine = new BareMachine().install("terraform", fine);
    const { code, stderr } = await machine.run(["deploy", "--env", "dev", "--yes"]);
    expect(stderr).toContain("docker is not on the PATH. Install Docker");
    expect(code).toBe(2);
  });

  it("no credentials", async () => {
    const machine = new BareMachine().install("terraform", fine);
    const { code, stderr } = await machine.run(["plan", "--env", "dev"]);
    expect(stderr).toContain("NO_CREDENTIALS: No AWS credentials. Set AWS_PROFILE");
    expect(code).toBe(2);
  });

  it.each([
    ["ExpiredToken", "EXPIRED_CREDENTIALS: Your AWS credentials have expired. Sign in again"],
    ["InvalidClientTokenId", "NO_CREDENTIALS: AWS does not accept your credentials"],
  ])("credentials that AWS refuses with %s", async (error, message) => {
    const machine = new BareMachine().install("terraform", fine).set(await tinyAws(error));
    const { code, stderr } = await machine.run(["plan", "--env", "dev"]);
    expect(stderr).toContain(message);
    expect(code).toBe(2);
  });

  it("a Terraform that fails is quoted, with its command", async () => {
    const machine = new BareMachine()
      .install("terraform", "console.error('Error: no such provider'); process.exit(1)")
      .set(await tinyAws());
    const { code, stderr } = await machine.run(["plan", "--env", "dev"]);
    expect(stderr).toContain("COMMAND_FAILED: terraform failed (exit code 1)");
    expect(stderr).toContain("dev-registry init -input=false");
    expect(stderr).toContain("Error: no such provider");
    expect(code).toBe(3);
  });
});

describe("an environment that names its account", () => {
  it("refuses credentials of another", async () => {
    const [first] = environments;
    const elsewhere: Environment = { ...(first as Environment), account: "999999999999" };
    const workspace = workspaceAt(join(import.meta.dirname, "../.."));
    Object.assign(process.env, await tinyAws());
    const session = new Session(elsewhere, {
      workspace,
      shell: new Shell(workspace.root),
      consent: { obtain: async () => {} },
      verbose: false,
    });
    await expect(session.identify()).rejects.toThrow(
      /are of account 123456789012, but environment dev belongs in 999999999999/,
    );
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
    expect(args).toEqual(["login", "--username", "AWS", "--password-stdin", "registry.example"]);
    expect(stdin).toBe(tinyPassword);
    expect(stderr).toContain("docker failed");
    expect(stdout + stderr).not.toContain(tinyPassword);
  });
});

describe("a deployment that is stopped", () => {
  it("passes the signal on to Terraform, and waits until it has given back its lock", async () => {
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
    expect(stderr).toContain("run the same command again");
    expect(code).toBe(130);
  });
});
