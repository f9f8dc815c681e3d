/** The deploy programs respect what is deployed: images, pause, protection. Terraform is a fake. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { BareMachine, startTinyAws } from "../support/deploy-program.ts";

const { server, endpoint } = await startTinyAws();
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const registry = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/lakehouse-dev";
const digestOf = (digit: string) => `sha256:${digit.repeat(64)}`;

interface Resource {
  readonly type: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/** Both functions, with the images 1 and 2. */
const functions: readonly Resource[] = ["bronze-silver", "silver-gold"].map((name, index) => ({
  type: "aws_lambda_function",
  values: { image_uri: `${registry}/${name}@${digestOf(String(index + 1))}` },
}));
const trigger = (enabled: boolean): Resource => ({
  type: "aws_lambda_event_source_mapping",
  values: { enabled },
});

/**
 * A machine whose Terraform has these resources in its state, and records the variables of each plan.
 *
 * @param later The resources after the first plan: somebody else has deployed, and Terraform waited for their lock.
 */
function machineWith(resources: readonly Resource[], later = resources) {
  const machine = new BareMachine().set({
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
  });
  const notes = join(machine.folder, "variables");
  const [before, after] = [resources, later].map((each) =>
    JSON.stringify({ values: { root_module: { resources: each } } }),
  );
  machine.install(
    "terraform",
    `const { appendFileSync, existsSync } = require("node:fs");
     const [, verb, , plan] = process.argv.slice(2);
     const state = existsSync(${JSON.stringify(notes)}) ? ${JSON.stringify(after)} : ${JSON.stringify(before)};
     if (verb === "show") console.log(plan === undefined ? state : "{}");
     if (verb === "output") console.log("{}");
     for (const each of process.argv.filter((each) => each.startsWith("-var="))) {
       appendFileSync(${JSON.stringify(notes)}, each.slice(5) + "\\n");
     }`,
  );
  return {
    run: (...args: string[]) => machine.run(args),
    variables: () => (existsSync(notes) ? readFileSync(notes, "utf8").trim().split("\n") : []),
  };
}

describe("a plan", () => {
  it("uses the deployed images", async () => {
    const { run, variables } = machineWith([...functions, trigger(true)]);
    const { code, stderr } = await run("plan", "--env", "dev");
    expect(code, stderr).toBe(0);
    expect(variables()).toEqual([
      `bronze_silver_image=${registry}/bronze-silver@${digestOf("1")}`,
      `silver_gold_image=${registry}/silver-gold@${digestOf("2")}`,
      "paused=false",
    ]);
  });

  it("uses made-up images if none are deployed, and says that it built none", async () => {
    const { run, variables } = machineWith([]);
    const { stderr } = await run("plan", "--env", "dev");
    expect(variables()[0]).toBe(`bronze_silver_image=${registry}/bronze-silver@${digestOf("0")}`);
    expect(stderr).toContain("`plan` builds none");
  });
});

describe("a deployment by digest", () => {
  it("changes the named image, and leaves the other", async () => {
    const { run, variables } = machineWith([...functions, trigger(true)]);
    const digest = `silver-gold=${digestOf("9")}`;
    const { code, stderr } = await run("deploy", "--env", "dev", "--yes", "--image-digest", digest);
    expect(code, stderr).toBe(0);
    expect(variables()).toEqual([
      `bronze_silver_image=${registry}/bronze-silver@${digestOf("1")}`,
      `silver_gold_image=${registry}/silver-gold@${digestOf("9")}`,
      "paused=false",
    ]);
  });

  it("needs both if nothing is deployed", async () => {
    const { run, variables } = machineWith([]);
    const digest = `silver-gold=${digestOf("9")}`;
    const { code, stderr } = await run("deploy", "--env", "dev", "--yes", "--image-digest", digest);
    expect(stderr).toContain("UNKNOWN_IMAGE: No image of bronze-silver is deployed yet");
    expect(variables()).toEqual([]);
    expect(code).toBe(2);
  });
});

describe("before it builds, a deployment is refused", () => {
  const deploy = async (env: string, endpoint: string, ...options: string[]) => {
    const machine = new BareMachine()
      .set({
        AWS_ENDPOINT_URL: endpoint,
        AWS_ACCESS_KEY_ID: "test",
        AWS_SECRET_ACCESS_KEY: "test",
      })
      .install("docker", "process.exit(1)")
      .install(
        "terraform",
        "console.log('{}'); process.exit(process.argv.includes('init') ? 1 : 0)",
      );
    return await machine.run(["deploy", "--env", env, "--yes", ...options]);
  };

  it("if nobody would get the alarms of a protected environment", async () => {
    const { code, stderr } = await deploy("prod", endpoint);
    expect(stderr).toContain("NO_ALARM_ADDRESS: Nobody would get the alarms of prod");
    expect(stderr).not.toContain("terraform -chdir");
    expect(code).toBe(2);
  });

  it("if the account may run too few functions at once", async () => {
    const small = await startTinyAws({ concurrency: 2 });
    const { code, stderr } = await deploy("dev", small.endpoint);
    expect(stderr).toContain("CONCURRENCY: This account may run 2 functions at once");
    expect(stderr).toContain("set bronzeSilver.maximumConcurrency to at most 1");
    expect(code).toBe(2);
    // Nothing may stop a rollback, so it only says so.
    const rollback = ["--image-digest", `bronze-silver=${digestOf("1")}`];
    const rolledBack = await deploy("dev", small.endpoint, ...rollback);
    expect(rolledBack.stderr).toContain("*** This account may run 2 functions at once");
    expect(rolledBack.stderr).toContain("terraform");
    small.server.closeAllConnections();
    small.server.close();
  });
});

describe("a job of GitHub", () => {
  it("changes no bucket and no role, and says what a person must make first", async () => {
    const job = await startTinyAws({
      arn: "arn:aws:sts::123456789012:assumed-role/github-lakehouse-dev-deploy/GitHubActions",
    });
    const machine = new BareMachine().set({
      AWS_ENDPOINT_URL: job.endpoint,
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
    });
    const verbs = join(machine.folder, "verbs");
    const roles = ["bronze_silver", "silver_gold", "gold_schedule", "catch_up", "stream_orders"];
    const resources = [
      ...["bronze", "silver", "gold", "query_results"].map((each) => `aws_s3_bucket.lake_${each}`),
      ...roles.map((each) => `aws_iam_role.${each}_role`),
    ].map((address) => ({ address, type: "any", values: {} }));
    machine.install(
      "terraform",
      `require("node:fs").appendFileSync(${JSON.stringify(verbs)}, process.argv[3] + "\\n");
       if (process.argv[3] === "show") console.log(${JSON.stringify(JSON.stringify({ values: { root_module: { resources } } }))});`,
    );
    const digest = `silver-gold=${digestOf("9")}`;
    const { code, stderr } = await machine.run([
      "deploy",
      "--env",
      "dev",
      "--yes",
      "--image-digest",
      digest,
    ]);
    job.server.closeAllConnections();
    job.server.close();
    expect(stderr).toMatch(
      /STORAGE: dev-storage lacks what the lakehouse needs: aws_iam_role\.stream_web_events_role/,
    );
    expect(stderr).toContain("A person must do it: npm run bootstrap -- --env dev");
    expect(readFileSync(verbs, "utf8").trim().split("\n")).toEqual(["init", "show"]);
    expect(code).toBe(2);
  });
});

describe("bootstrap over a deployment of an earlier version", () => {
  it("imports its buckets, so that none is made again", async () => {
    const machine = new BareMachine()
      .set({
        AWS_ENDPOINT_URL: endpoint,
        AWS_ACCESS_KEY_ID: "test",
        AWS_SECRET_ACCESS_KEY: "test",
      })
      .install("terraform", 'console.log("{}")');
    const { code, stderr } = await machine.run(["bootstrap", "--env", "dev", "--yes"]);
    expect(code, stderr).toBe(0);
    expect(stderr).toContain("4 buckets and roles exist already, and become part of dev-storage");
    const file = join(machine.folder, "out/stacks/dev-storage/import.tf.json");
    const { import: imports } = JSON.parse(readFileSync(file, "utf8")) as { import: unknown[] };
    expect(imports).toContainEqual({
      to: "aws_s3_bucket.lake_bronze",
      id: "lakehouse-dev-bronze-123456789012",
    });
    expect(imports).toHaveLength(4);
  });
});

describe("an apply that fails", () => {
  it("prints Terraform's error once, and what to do if it is about billing", async () => {
    const said = "api error AccessDeniedException: not authorized to perform: budgets:ModifyBudget";
    const machine = new BareMachine()
      .set({
        AWS_ENDPOINT_URL: endpoint,
        AWS_ACCESS_KEY_ID: "test",
        AWS_SECRET_ACCESS_KEY: "test",
      })
      .install(
        "terraform",
        `const [, verb, , plan] = process.argv.slice(2);
         const change = { address: "a.b", type: "a", name: "b", mode: "managed", change: { actions: ["create"] } };
         if (verb === "show") console.log(JSON.stringify(plan === undefined ? {} : { resource_changes: [change] }));
         if (verb === "apply") { console.error(${JSON.stringify(said)}); process.exit(1); }`,
      );
    const { code, stderr } = await machine.run(["bootstrap", "--env", "dev", "--yes"]);
    expect(stderr.split(said)).toHaveLength(2);
    expect(stderr).toContain("COMMAND_FAILED");
    expect(stderr).toContain('set monthlyBudgetUsd to "none"');
    expect(code).toBe(3);
  });
});

describe("the next steps", () => {
  it("name the region that the lakehouse command looks in", async () => {
    const { run } = machineWith([...functions, trigger(true)]);
    const { stderr } = await run("deploy", "--env", "dev", "--yes", "--resume");
    expect(stderr).toMatch(/export AWS_REGION=eu-west-1[\s\S]*lakehouse -- --env dev/);
  });
});

describe("a pause", () => {
  it.each([
    ["--pause", true, "paused=true"],
    ["--resume", false, "paused=false"],
  ])("%s changes nothing else", async (option, enabled, expected) => {
    const { run, variables } = machineWith([...functions, trigger(enabled)]);
    const { code, stderr } = await run("deploy", "--env", "dev", "--yes", option);
    expect(code, stderr).toBe(0);
    expect(variables()).toEqual([
      `bronze_silver_image=${registry}/bronze-silver@${digestOf("1")}`,
      `silver_gold_image=${registry}/silver-gold@${digestOf("2")}`,
      expected,
    ]);
  });

  it("stays if somebody paused while this deployment waited for the lock", async () => {
    const { run, variables } = machineWith(
      [...functions, trigger(true)],
      [...functions, trigger(false)],
    );
    const digest = `silver-gold=${digestOf("9")}`;
    const { code, stderr } = await run("deploy", "--env", "dev", "--yes", "--image-digest", digest);
    expect(code, stderr).toBe(0);
    expect(stderr).toContain("Somebody else has deployed in the meantime: planning again");
    const pauses = variables().filter((each) => each.startsWith("paused="));
    expect(pauses).toEqual(["paused=false", "paused=true"]);
  });

  it("stays in later deployments, which say so", async () => {
    const { run, variables } = machineWith([...functions, trigger(false)]);
    const digest = `silver-gold=${digestOf("9")}`;
    const { stderr } = await run("deploy", "--env", "dev", "--yes", "--image-digest", digest);
    expect(variables().at(-1)).toBe("paused=true");
    expect(stderr).toContain("This lakehouse is PAUSED and stays so");
  });
});

describe("destroying", () => {
  const bucket = (force_destroy: boolean): Resource => ({
    type: "aws_s3_bucket",
    values: { bucket: "lakehouse-dev-bronze-123456789012", force_destroy },
  });

  it("is refused while the deployed lakehouse is protected, whatever the file says", async () => {
    const { run, variables } = machineWith([...functions, bucket(false)]);
    const { code, stdout, stderr } = await run("destroy", "--env", "dev", "--yes");
    expect(stderr).toContain(
      "As deployed, these are still protected: lakehouse-dev-bronze-123456789012",
    );
    expect(stderr).toContain("1. Set deletionProtection: false");
    expect(stdout).toBe("");
    expect(variables()).toEqual([]);
    expect(code).toBe(2);
  });

  it("continues once both steps were taken, and prints what is left", async () => {
    const { run } = machineWith([...functions, bucket(true)]);
    const { code, stderr } = await run("destroy", "--env", "dev", "--yes");
    expect(stderr).toContain("Keep the bucket lakehouse-dev-state-123456789012");
    expect(code).toBe(0);
  });
});
