/** The summary of a Terraform plan. The plans are shortened outputs of `terraform show -json`. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Plan, summarize } from "../../src/deploy/plan-summary.ts";

function planOf(name: string): Plan {
  const path = join(import.meta.dirname, "..", "fixtures", `${name}.json`);
  return JSON.parse(readFileSync(path, "utf8")) as Plan;
}

describe("the summary of a plan that changes everything", () => {
  const { hasChanges, losesData, text } = summarize(
    "dev-lakehouse",
    planOf("plan-that-changes-everything"),
  );
  const lines = text.split("\n");

  it("counts what would be created, changed, replaced and destroyed", () => {
    expect(hasChanges).toBe(true);
    expect(lines[0]).toBe("dev-lakehouse: 1 to create, 2 to change, 1 to replace, 2 to destroy");
  });

  it("has a row for every kind of resource", () => {
    const rows = lines
      .filter((line) => /^\| [a-z]/.test(line))
      .map((line) =>
        line
          .split("|")
          .slice(1, -1)
          .map((cell) => cell.trim()),
      );
    expect(rows).toEqual([
      ["kind", "create", "change", "replace", "destroy"],
      ["aws_cloudwatch_log_group", "", "1", "", ""],
      ["aws_cloudwatch_metric_alarm", "", "", "", "1"],
      ["aws_ecr_repository", "", "", "1", ""],
      ["aws_s3_bucket", "1", "1", "", ""],
      ["aws_sqs_queue", "", "", "", "1"],
    ]);
  });

  it("names existing resources, and the attributes that differ", () => {
    expect(lines).toContain("  change aws_cloudwatch_log_group.bronze_silver: retention_in_days");
    expect(lines).toContain("  change aws_s3_bucket.bronze: tags");
    expect(lines).toContain("  replace aws_ecr_repository.silver_gold: name (forces it)");
    expect(lines).toContain("  destroy aws_cloudwatch_metric_alarm.old");
    expect(lines).toContain("Outputs that change: bucket");
  });

  it("ends with a warning about the data that would be lost", () => {
    expect(losesData).toBe(true);
    expect(lines.slice(-3)).toEqual([
      "!!! THIS DESTROYS DATA",
      "!!!   replace aws_ecr_repository.silver_gold: loses every image in it, so you can't roll back",
      "!!!   destroy aws_sqs_queue.old_events: loses the messages in it",
    ]);
  });
});

describe("the summary of a plan that leaves resources to another stack", () => {
  it("says so, and is a change", () => {
    const { hasChanges, losesData, text } = summarize("dev-lakehouse", {
      resource_changes: [
        { address: "aws_s3_bucket.bronze", type: "aws_s3_bucket", change: { actions: ["forget"] } },
      ],
    });
    expect(hasChanges).toBe(true);
    expect(losesData).toBe(false);
    expect(text).toContain(
      "dev-lakehouse: 0 to create, 0 to change, 0 to replace, 0 to destroy, 1 to leave",
    );
    expect(text).toContain("  leave aws_s3_bucket.bronze");
  });
});

describe("the summary of a plan without changes", () => {
  it("is one line", () => {
    const { hasChanges, losesData, text } = summarize(
      "dev-registry",
      planOf("plan-without-changes"),
    );
    expect(text).toBe("dev-registry: no changes");
    expect(hasChanges).toBe(false);
    expect(losesData).toBe(false);
  });
});
