/** What Terraform deployed, read from its state. The drivers use nothing else. */
import * as z from "zod";
import type { StateResource } from "./terraform.ts";

/** A deployed function. */
export interface DeployedFunction {
  readonly name: string;
  readonly arn: string;
  readonly roleArn: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly memoryMib: number;
  readonly timeoutSeconds: number;
}

/** A deployed queue. */
export interface DeployedQueue {
  readonly url: string;
  readonly arn: string;
  /** Where a message goes after it was received this often without being deleted. */
  readonly redrive:
    | { readonly maxReceiveCount: number; readonly deadLetterArn: string }
    | undefined;
}

/** Which function gets the messages of which queue. */
export interface DeployedMapping {
  readonly queue: DeployedQueue;
  readonly function: DeployedFunction;
  readonly batchSize: number;
  readonly reportsFailures: boolean;
  /** Its id in AWS. */
  readonly id: string;
}

/** What invokes a function on a schedule, sends a queue a message, or starts a state machine. */
export interface DeployedSchedule {
  /** The ARN of the function's alias, the queue's or the state machine's. */
  readonly targetArn: string;
  readonly roleArn: string;
  readonly input: unknown;
  /** The queue, and the group of its messages. Absent if the target is a function. */
  readonly messages: { readonly queue: DeployedQueue; readonly group: string } | undefined;
}

/** A state machine, and the function that does its tasks. */
export interface DeployedFanOut {
  readonly arn: string;
  readonly roleArn: string;
  readonly task: DeployedFunction;
}

/** A deployed lakehouse. */
export interface Deployment {
  readonly bronzeSilver: DeployedFunction;
  readonly silverGold: DeployedFunction;
  readonly mapping: DeployedMapping;
  /** That of replays. */
  readonly replays: DeployedMapping;
  /** The mapping of the messages that start gold; undefined if only the schedule does. */
  readonly goldMapping: DeployedMapping | undefined;
  readonly schedule: DeployedSchedule;
  readonly catchUp: DeployedSchedule | undefined;
  /** What runs the tasks of gold runs side by side, if that is deployed. */
  readonly fanOut: DeployedFanOut | undefined;
  readonly deadLetters: DeployedQueue;
  /** The role with which Firehose writes, by the stream's name. */
  readonly streamRoles: ReadonlyMap<string, string>;
}

const lambda = z.object({
  function_name: z.string(),
  arn: z.string(),
  role: z.string(),
  memory_size: z.number(),
  timeout: z.number(),
  environment: z.tuple([z.object({ variables: z.record(z.string(), z.string()) })]),
});
const alias = z.object({ arn: z.string(), function_name: z.string() });
const queue = z.object({
  url: z.string(),
  arn: z.string(),
  redrive_policy: z.string(),
});
const redrive = z.object({ deadLetterTargetArn: z.string(), maxReceiveCount: z.number() });
const eventSourceMapping = z.object({
  uuid: z.string(),
  event_source_arn: z.string(),
  function_arn: z.string(),
  batch_size: z.number(),
  function_response_types: z.array(z.string()).nullable(),
});
const schedule = z.object({
  name: z.string(),
  target: z.tuple([
    z.object({
      arn: z.string(),
      role_arn: z.string(),
      input: z.string(),
      sqs_parameters: z.array(z.object({ message_group_id: z.string() })),
    }),
  ]),
});
const stateMachine = z.object({ arn: z.string(), role_arn: z.string() });
const stream = z.object({
  name: z.string(),
  extended_s3_configuration: z.tuple([z.object({ role_arn: z.string() })]),
});

/** @throws z.ZodError or Error if the state is not that of a lakehouse. */
export function deploymentOf(resources: readonly StateResource[]): Deployment {
  const all = <T>(type: string, schema: z.ZodType<T>): T[] =>
    resources.filter((each) => each.type === type).map(({ values }) => schema.parse(values));
  const functions = all("aws_lambda_function", lambda).map(functionOf);
  const aliases = all("aws_lambda_alias", alias);
  const functionBehind = (aliasArn: string): DeployedFunction => {
    const { function_name } = only(aliases.filter(({ arn }) => arn === aliasArn));
    return only(functions.filter(({ name }) => name === function_name));
  };
  const queues = all("aws_sqs_queue", queue).map(queueOf);
  const mappings = all("aws_lambda_event_source_mapping", eventSourceMapping);
  const mappingOf = (name: string): DeployedMapping | undefined => {
    const found = mappings.filter(({ event_source_arn }) => event_source_arn.endsWith(name));
    return found.length === 0 ? undefined : toMapping(only(found));
  };
  const toMapping = (found: z.infer<typeof eventSourceMapping>): DeployedMapping => ({
    queue: only(queues.filter(({ arn }) => arn === found.event_source_arn)),
    function: functionBehind(found.function_arn),
    batchSize: found.batch_size,
    reportsFailures: found.function_response_types?.includes("ReportBatchItemFailures") ?? false,
    id: found.uuid,
  });
  const mapping = mappingOf("-bronze-events");
  const replays = mappingOf("-replay");
  if (mapping === undefined || replays === undefined) {
    throw new Error("Nothing maps the queue of bronze objects, or that of replays.");
  }
  const scheduleOf = (name: string): DeployedSchedule | undefined => {
    const found = all("aws_scheduler_schedule", schedule).filter((each) =>
      each.name.endsWith(name),
    );
    return found.length === 0 ? undefined : toSchedule(only(found));
  };
  const toSchedule = ({ target: [target] }: z.infer<typeof schedule>): DeployedSchedule => {
    const group = target.sqs_parameters[0]?.message_group_id;
    return {
      targetArn: target.arn,
      roleArn: target.role_arn,
      input: JSON.parse(target.input),
      messages:
        group === undefined
          ? undefined
          : { queue: only(queues.filter(({ arn }) => arn === target.arn)), group },
    };
  };
  const goldSchedule = scheduleOf("-silver-gold");
  if (goldSchedule === undefined) {
    throw new Error("There is no schedule of gold runs.");
  }
  const [machine] = all("aws_sfn_state_machine", stateMachine);
  return {
    bronzeSilver: only(functions.filter(({ name }) => name.endsWith("-bronze-silver"))),
    silverGold: only(functions.filter(({ name }) => name.endsWith("-silver-gold"))),
    mapping,
    replays,
    goldMapping: mappingOf("-gold-starts.fifo"),
    schedule: goldSchedule,
    catchUp: scheduleOf("-catch-up"),
    fanOut: machine && {
      arn: machine.arn,
      roleArn: machine.role_arn,
      task: only(functions.filter(({ name }) => name.endsWith("-gold-task"))),
    },
    deadLetters: only(queues.filter(({ arn }) => arn === mapping.queue.redrive?.deadLetterArn)),
    streamRoles: new Map(
      all("aws_kinesis_firehose_delivery_stream", stream).map(
        ({ name, extended_s3_configuration: [{ role_arn }] }) => [name, role_arn],
      ),
    ),
  };
}

function functionOf(values: z.infer<typeof lambda>): DeployedFunction {
  return {
    name: values.function_name,
    arn: values.arn,
    roleArn: values.role,
    variables: values.environment[0].variables,
    memoryMib: values.memory_size,
    timeoutSeconds: values.timeout,
  };
}

function queueOf(values: z.infer<typeof queue>): DeployedQueue {
  const policy =
    values.redrive_policy === "" ? undefined : redrive.parse(JSON.parse(values.redrive_policy));
  return {
    url: values.url,
    arn: values.arn,
    redrive: policy && {
      maxReceiveCount: policy.maxReceiveCount,
      deadLetterArn: policy.deadLetterTargetArn,
    },
  };
}

function only<T>(found: readonly T[]): T {
  const [first] = found;
  if (first === undefined || found.length > 1) {
    throw new Error(`Expected one, found ${found.length}: ${JSON.stringify(found)}`);
  }
  return first;
}
