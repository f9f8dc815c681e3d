/** What a Terraform plan would do, so that a person sees it: by kind, and aloud where data would be lost. */
import { Table } from "console-table-printer";

/** The part of `terraform show -json PLAN` that is read here. */
export interface Plan {
  readonly resource_changes?: readonly ResourceChange[];
  readonly output_changes?: Readonly<Record<string, { readonly actions: readonly string[] }>>;
}

/** One resource in a plan. */
export interface ResourceChange {
  readonly address: string;
  readonly type: string;
  readonly change: {
    readonly actions: readonly string[];
    readonly before?: Readonly<Record<string, unknown>> | null;
    readonly after?: Readonly<Record<string, unknown>> | null;
    readonly after_unknown?: Readonly<Record<string, unknown>> | boolean;
    readonly replace_paths?: readonly (readonly (string | number)[])[];
  };
}

const actions = ["create", "change", "replace", "destroy"] as const;
type Action = (typeof actions)[number];

/** What a resource holds that cannot be made again by deploying. */
const holdsData: Readonly<Record<string, string>> = {
  aws_s3_bucket: "every object in it",
  aws_ecr_repository: "every image in it, and with them the way back to an older version",
  aws_sqs_queue: "the messages in it",
  aws_kinesis_firehose_delivery_stream: "what it has taken and not yet written",
  aws_kms_key: "everything that it encrypted, for good",
  aws_cloudwatch_log_group: "its logs",
  aws_ssm_parameter: "its value",
};

interface Changed {
  readonly action: Action;
  readonly resource: ResourceChange;
}

/** A plan, sorted. */
export interface PlanSummary {
  readonly counts: Readonly<Record<Action, number>>;
  /** Whether applying it would do anything. */
  readonly hasChanges: boolean;
  /** The addresses of what holds data and would be destroyed or replaced. */
  readonly dataLost: readonly string[];
  /** For people. */
  readonly text: string;
}

/** @param title What the plan is for, such as `dev-lakehouse`. */
export function summarize(title: string, plan: Plan): PlanSummary {
  const changes = (plan.resource_changes ?? []).flatMap((resource) => {
    const action = actionOf(resource.change.actions);
    return action === undefined ? [] : [{ action, resource }];
  });
  const outputs = Object.entries(plan.output_changes ?? {})
    .filter(([, change]) => actionOf(change.actions) !== undefined)
    .map(([name]) => name);
  const counts = Object.fromEntries(
    actions.map((action) => [action, changes.filter((each) => each.action === action).length]),
  ) as Record<Action, number>;
  const lost = changes.filter(
    ({ action, resource }) =>
      (action === "destroy" || action === "replace") && holdsData[resource.type] !== undefined,
  );
  const hasChanges = changes.length + outputs.length > 0;
  const sections = hasChanges
    ? [
        `${title}: ${actions.map((action) => `${counts[action]} to ${action}`).join(", ")}`,
        ...(changes.length > 0 ? [kindsTable(changes)] : []),
        ...detailLines(changes),
        ...(outputs.length > 0 ? [`Outputs that change: ${outputs.join(", ")}`] : []),
        ...warningOf(lost),
      ]
    : [`${title}: no changes`];
  return {
    counts,
    hasChanges,
    dataLost: lost.map(({ resource }) => resource.address),
    text: sections.join("\n"),
  };
}

function actionOf(planned: readonly string[]): Action | undefined {
  const [first, second] = planned;
  if (second !== undefined) {
    return "replace";
  }
  switch (first) {
    case "create":
      return "create";
    case "update":
      return "change";
    case "delete":
      return "destroy";
    default:
      // no-op and read
      return undefined;
  }
}

function kindsTable(changes: readonly Changed[]): string {
  const kinds = [...new Set(changes.map(({ resource }) => resource.type))].sort();
  const rows = kinds.map((kind) => [
    kind,
    ...actions.map((action) => {
      const count = changes.filter(
        (each) => each.action === action && each.resource.type === kind,
      ).length;
      return count === 0 ? "" : String(count);
    }),
  ]);
  return textTable(["kind", ...actions], rows);
}

/** What is not new, one by one, with the attributes that differ. */
function detailLines(changes: readonly Changed[]): string[] {
  return changes
    .filter(({ action }) => action !== "create")
    .map(({ action, resource }) => {
      const what = action === "destroy" ? "" : `: ${attributesOf(resource).join(", ")}`;
      return `  ${action} ${resource.address}${what}`;
    });
}

function attributesOf({ change }: ResourceChange): string[] {
  const { before, after, after_unknown: unknown, replace_paths: paths = [] } = change;
  const forcing = new Set(paths.map(([first]) => String(first)));
  const isUnknown = (name: string) => typeof unknown === "object" && unknown[name] === true;
  return (
    Object.keys({ ...before, ...after, ...(typeof unknown === "object" ? unknown : {}) })
      .filter((name) => comparable(before?.[name]) !== comparable(after?.[name]))
      // What AWS computes anew follows from something that is named here too.
      .filter((name) => forcing.has(name) || !isUnknown(name) || forcing.size === 0)
      .map((name) => (forcing.has(name) ? `${name} (forces it)` : name))
  );
}

/** To Terraform, nothing and an empty value are often the same. */
function comparable(value: unknown): string {
  const text = JSON.stringify(value ?? "");
  return text === "{}" || text === "[]" ? '""' : text;
}

function warningOf(lost: readonly Changed[]): string[] {
  if (lost.length === 0) {
    return [];
  }
  const lines = lost.map(
    ({ action, resource }) =>
      `!!!   ${action} ${resource.address}: loses ${holdsData[resource.type] ?? "its data"}`,
  );
  return ["", "!!! THIS DESTROYS DATA", ...lines];
}

/** A table with lines around its cells. */
export function textTable(
  columns: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const table = new Table({
    columns: columns.map((title, index) => ({
      name: String(index),
      title,
      alignment: index === 0 ? ("left" as const) : ("right" as const),
    })),
    shouldDisableColors: true,
  });
  for (const row of rows) {
    table.addRow(Object.fromEntries(row.map((cell, index) => [String(index), cell])));
  }
  return table.render();
}
