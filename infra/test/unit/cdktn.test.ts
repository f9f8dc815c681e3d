/** The way out of cdktf rewrites files correctly, and finds the differences between two stacks. */
import { describe, expect, test } from "vitest";
import { differences } from "../../src/cdktn/compare.ts";
import { mentionsCdktf, rewrite } from "../../src/cdktn/rewrite.ts";

describe("rewrite", () => {
  test.each([
    ["a.ts", 'import { App } from "cdktf";', 'import { App } from "cdktn";'],
    [
      "a.ts",
      'import { SqsQueue } from "@cdktf/provider-aws/lib/sqs-queue/index.js";',
      'import { SqsQueue } from "@cdktn/provider-aws/lib/sqs-queue/index.js";',
    ],
    [
      "scripts/bundle.mjs",
      'external: ["cdktf", "constructs"]',
      'external: ["cdktn", "constructs"]',
    ],
    ["infra/package.json", '"cdktf": "catalog:"', '"cdktn": "catalog:"'],
    ["turbo.json", '"inputs": ["cdktf.json"]', '"inputs": ["cdktf.json"]'],
    ["a.ts", 'join(infra, "cdktf.out")', 'join(infra, "cdktf.out")'],
    ["README.md", 'It says "cdktf".', 'It says "cdktf".'],
  ])("%s: %s", (file, text, expected) => {
    expect(rewrite(file, text)).toBe(expected);
  });

  test("replaces the versions in the catalog in place, and keeps comments", () => {
    const before = [
      "catalog:",
      '  "@cdktf/provider-aws": 21.0.0',
      "  # Why it is held.",
      "  arrow: 1.0.0",
      "  cdktf: 0.21.0",
      "  constructs: 10.8.1",
      "# The way out.",
      "catalogs:",
      "  cdktn:",
      '    "@cdktn/provider-aws": 25.0.0',
      "    cdktn: 0.24.0",
      "    constructs: 10.7.2",
      "catalogMode: strict",
      "",
    ];
    const after = [
      "catalog:",
      '  "@cdktn/provider-aws": 25.0.0',
      "  # Why it is held.",
      "  arrow: 1.0.0",
      "  cdktn: 0.24.0",
      "  constructs: 10.7.2",
      "catalogMode: strict",
      "",
    ];
    expect(rewrite("pnpm-workspace.yaml", before.join("\n"))).toBe(after.join("\n"));
  });

  test("refuses a workspace that has left cdktf", () => {
    expect(() => rewrite("pnpm-workspace.yaml", "catalog:\n  cdktn: 0.24.0\n")).toThrow(
      "this workspace has left cdktf",
    );
  });

  test("removes itself", () => {
    expect(rewrite("infra/src/cdktn/main.ts", "")).toBeUndefined();
    expect(rewrite("infra/test/unit/cdktn.test.ts", "")).toBeUndefined();
    const scripts = '{\n  "cdktn": "node x.ts",\n  "costs": "node y.ts"\n}\n';
    expect(rewrite("package.json", scripts)).toBe('{\n  "costs": "node y.ts"\n}\n');
  });

  test("finds mentions that only a person can reword", () => {
    expect(mentionsCdktf("HashiCorp archived cdktf.")).toBe(true);
    expect(mentionsCdktf("infra/cdktf.json, infra/cdktf.out and CDKTF_OUTDIR")).toBe(false);
  });
});

describe("differences", () => {
  const stack = {
    "//": { metadata: { stackName: "dev", version: "0.21.0" } },
    resource: { aws_sqs_queue: { dead: { name: "a", tags: {}, "a/b": [1, 2] } } },
  };

  test("ignores the library's version and the order of keys", () => {
    const { resource, "//": comment } = stack;
    const metadata = { ...comment.metadata, version: "0.24.0" };
    expect(differences(stack, { resource, "//": { metadata } })).toEqual([]);
  });

  test("lists what is changed, missing and new by its key", () => {
    const dead = { name: "b", tags: { x: "1" }, "a/b": [1] };
    expect(differences(stack, { ...stack, resource: { aws_sqs_queue: { dead } } })).toEqual([
      '/resource/aws_sqs_queue/dead/name: "a" is now "b"',
      "/resource/aws_sqs_queue/dead/tags: {} is now nothing",
      "/resource/aws_sqs_queue/dead/a~1b/1: 2 is now nothing",
      '/resource/aws_sqs_queue/dead/tags/x: nothing is now "1"',
    ]);
  });

  test("lists everything of a stack that only one of them has", () => {
    expect(differences(stack, undefined).length).toBeGreaterThan(3);
  });
});
