/** Summarizes a Terraform plan: counts by kind, existing resources, and a warning if data would be lost. */
import { isDeepStrictEqual } from "node:util";
import { tableOf } from "./console.ts";

/** The part of `terraform show -json PLAN` that is read here. */
export interface Plan {
  readonly resource_changes?: readonly {
    readonly address: string;
    readonly type: string;
    readonly change: Change;
  }[];
  readonly output_changes?: Readonly<Record<string, Change>>;
}

interface Change {
  readonly actions: readonly string[];
  readonly before?: Readonly<Record<string, unknown>> | null;
  readonly after?: Readonly<Record<string, unknown>> | null;
  readonly replace_paths?: readonly (readonly (string | number)[])[];
  readonly importing?: object;
}

/** Our names of Terraform's actions, in the order in which they are shown. */
const names = {
  create: "create",
  update: "change",
  replace: "replace",
  delete: "destroy",
  /** Terraform no longer manages it, and leaves it as it is. */
  forget: "leave",
} as const;
const actions = Object.values(names);
type Action = (typeof actions)[number];

/** What is lost with a resource, even if it is deployed again. */
const holdsData: Readonly<Record<string, string>> = {
  aws_s3_bucket: "every object in it",
  aws_ecr_repository: "every image in it, so you can't roll back",
  aws_sqs_queue: "the messages in it",
  aws_kinesis_firehose_delivery_stream: "what it received but has not written yet",
  aws_kinesis_stream: "the records that Firehose has not read yet",
  aws_kms_key: "everything that it encrypted, for good",
  aws_cloudwatch_log_group: "its logs",
  aws_ssm_parameter: "its value",
};

/** The summary of a plan. */
export interface PlanSummary {
  /** Whether applying the plan would do anything. */
  readonly hasChanges: boolean;
  readonly losesData: boolean;
  readonly text: string;
}

/** @param title What the plan is for, such as `dev-lakehouse`. */
export function summarize(title: string, plan: Plan): PlanSummary {
  const changes = (plan.resource_changes ?? []).flatMap((resource) => {
    const action = actionOf(resource.change);
    return action === undefined ? [] : [{ ...resource, action }];
  });
  const outputs = Object.entries(plan.output_changes ?? {})
    .filter(([, change]) => actionOf(change) !== undefined)
    .map(([name]) => name);
  if (changes.length + outputs.length === 0) {
    return { hasChanges: false, losesData: false, text: `${title}: no changes` };
  }
  const shown = actions.filter(
    (action) => action !== "leave" || changes.some((each) => each.action === action),
  );
  const countsOf = (some: typeof changes) =>
    shown.map((action) => [action, some.filter((each) => each.action === action).length] as const);
  const kinds = Object.entries(Object.groupBy(changes, ({ type }) => type)).sort();
  const rows = kinds.map(([kind, ofKind]) => ({
    kind,
    ...Object.fromEntries(countsOf(ofKind ?? []).map(([action, count]) => [action, count || ""])),
  }));
  const total = countsOf(changes).map(([action, count]) => `${count} to ${action}`);
  const losses = changes.flatMap(({ action, address, type }) => {
    const lost = action === "destroy" || action === "replace" ? holdsData[type] : undefined;
    return lost === undefined ? [] : [`!!!   ${action} ${address}: loses ${lost}`];
  });
  const lines = [
    `${title}: ${total.join(", ")}`,
    ...(rows.length > 0 ? [tableOf(rows)] : []),
    ...changes
      .filter(({ action }) => action !== "create")
      .map(({ action, address, change }) => `  ${action} ${address}${detail(action, change)}`),
    ...(outputs.length > 0 ? [`Outputs that change: ${outputs.join(", ")}`] : []),
    ...(losses.length > 0 ? ["", "!!! THIS DESTROYS DATA", ...losses] : []),
  ];
  return { hasChanges: true, losesData: losses.length > 0, text: lines.join("\n") };
}

/** @returns undefined for unchanged resources, and for data sources. */
function actionOf({ actions: [first = "", second], importing }: Change): Action | undefined {
  const action = second === undefined ? first : "replace";
  return names[action as keyof typeof names] ?? (importing === undefined ? undefined : "change");
}

/** The attributes that force a replacement, or those that change. */
function detail(
  action: Action,
  { before, after, importing, replace_paths: paths }: Change,
): string {
  const imported = importing === undefined ? [] : ["import"];
  const changed = Object.keys({ ...before, ...after }).filter(
    (name) => !isDeepStrictEqual(before?.[name] ?? null, after?.[name] ?? null),
  );
  const forcing = (paths ?? []).map(([name]) => `${name} (forces it)`);
  const shown = [...imported, ...(action === "change" ? changed : forcing)];
  return shown.length === 0 ? "" : `: ${shown.join(", ")}`;
}
