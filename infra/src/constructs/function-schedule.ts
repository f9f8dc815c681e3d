/** Invokes a function by a schedule, directly, by messages or by a state machine. A queue keeps the events of runs that failed or could not start. */
import { LambdaFunctionEventInvokeConfig } from "@cdktf/provider-aws/lib/lambda-function-event-invoke-config/index.js";
import { SchedulerSchedule } from "@cdktf/provider-aws/lib/scheduler-schedule/index.js";
import { SchedulerScheduleGroup } from "@cdktf/provider-aws/lib/scheduler-schedule-group/index.js";
import type { SqsQueue } from "@cdktf/provider-aws/lib/sqs-queue/index.js";
import { Construct } from "constructs";
import { mainResource } from "../addresses.ts";
import { arnOf, type Deployment, liveAlias, onlyFor, resourceName } from "../deployment.ts";
import { startExecution } from "../iam/fan-out.ts";
import { askForGold } from "../iam/gold-starts.ts";
import type { Statement } from "../iam/policy.ts";
import { ServiceRole } from "./service-role.ts";
import type { TransformFunction } from "./transform-function.ts";

/** Props of a `FunctionSchedule`. */
export interface FunctionScheduleProps {
  readonly deployment: Deployment;
  /** The schedule's name after `lakehouse-<environment>-`. */
  readonly thing: string;
  /** What a run is: `a gold run`. */
  readonly run: string;
  readonly transform: TransformFunction;
  /** The state machine that the schedule starts. Default: the schedule invokes the function. */
  readonly stateMachineArn?: string | undefined;
  /** `rate(15 minutes)` or `cron(30 2 * * ? *)`, in UTC. */
  readonly expression: string;
  /** Seconds after which an event that could not start a run is given up, because the next one replaces it. */
  readonly maximumAgeSeconds: number;
  /** Gets the events of failed runs. The function's role may send to it. */
  readonly deadLetters: SqsQueue;
  /** `ENABLED` or `DISABLED`. */
  readonly state: string;
  /** A FIFO queue whose messages invoke the function. Default: the schedule invokes it. */
  readonly messages?: { readonly queue: SqsQueue; readonly group: string } | undefined;
}

/** A failed run is retried once. After that the next scheduled run does its work. */
const retries = 1;
/** Lambda's limit for keeping an event. */
const lambdaMaximumAgeSeconds = 21_600;

/** A message that differs from all others, because a FIFO queue drops repetitions. */
const scheduledMessage = '{"scheduled":"<aws.scheduler.scheduled-time>"}';

/** A schedule that sends a function or a state machine the event `{}`, or a queue a message. */
export class FunctionSchedule extends Construct {
  readonly name: string;

  constructor(scope: Construct, id: string, props: FunctionScheduleProps) {
    super(scope, id);
    const { deployment, thing, run, transform, deadLetters, messages, stateMachineArn } = props;
    const maximumAgeSeconds = Math.max(60, props.maximumAgeSeconds);
    const name = resourceName(deployment, thing);
    const group = new SchedulerScheduleGroup(this, "group", { name });
    const role = new ServiceRole(this, "role", {
      deployment,
      name: `${name}-schedule`,
      description: `EventBridge Scheduler starts ${run}`,
      service: "scheduler.amazonaws.com",
      conditions: (of) => onlyFor(of, arnOf(of, "scheduler", `schedule-group/${name}`)),
      statements: [
        startStatement(props),
        { sid: "KeepFailures", actions: ["sqs:SendMessage"], resources: [deadLetters.arn] },
      ],
    });
    new LambdaFunctionEventInvokeConfig(this, "invocations", {
      functionName: transform.name,
      qualifier: liveAlias,
      maximumRetryAttempts: retries,
      maximumEventAgeInSeconds: Math.min(maximumAgeSeconds, lambdaMaximumAgeSeconds),
      destinationConfig: { onFailure: { destination: deadLetters.arn } },
      dependsOn: [transform.role.policy],
    });
    const schedule = new SchedulerSchedule(this, mainResource, {
      name,
      groupName: group.name,
      description: `Starts ${run}`,
      scheduleExpression: props.expression,
      flexibleTimeWindow: { mode: "OFF" },
      state: props.state,
      target: {
        ...(messages === undefined
          ? { arn: stateMachineArn ?? transform.liveArn, input: "{}" }
          : {
              arn: messages.queue.arn,
              input: scheduledMessage,
              sqsParameters: { messageGroupId: messages.group },
            }),
        roleArn: role.arn,
        retryPolicy: {
          maximumEventAgeInSeconds: maximumAgeSeconds,
          maximumRetryAttempts: retries,
        },
        deadLetterConfig: { arn: deadLetters.arn },
      },
      dependsOn: [role.policy],
    });
    this.name = schedule.name;
  }
}

function startStatement({
  transform,
  messages,
  stateMachineArn,
}: FunctionScheduleProps): Statement {
  if (messages !== undefined) {
    return askForGold(messages.queue.arn);
  }
  return stateMachineArn === undefined
    ? { sid: "StartRun", actions: ["lambda:InvokeFunction"], resources: [transform.liveArn] }
    : startExecution(stateMachineArn);
}
