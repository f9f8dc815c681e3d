/** Triggers silver-gold by a schedule. A queue keeps the events of runs that failed or could not start. */
import { LambdaFunctionEventInvokeConfig } from "@cdktf/provider-aws/lib/lambda-function-event-invoke-config/index.js";
import { SchedulerSchedule } from "@cdktf/provider-aws/lib/scheduler-schedule/index.js";
import { SchedulerScheduleGroup } from "@cdktf/provider-aws/lib/scheduler-schedule-group/index.js";
import type { SqsQueue } from "@cdktf/provider-aws/lib/sqs-queue/index.js";
import { silverGold } from "@lakehouse/lake/functions";
import { Construct } from "constructs";
import { mainResource } from "../addresses.ts";
import { type Deployment, onlyFor, resourceName } from "../deployment.ts";
import { ServiceRole } from "./service-role.ts";
import type { TransformFunction } from "./transform-function.ts";

/** Props of a `GoldSchedule`. */
export interface GoldScheduleProps {
  readonly deployment: Deployment;
  readonly transform: TransformFunction;
  /** Gets the events of failed runs. The function's role may send to it. */
  readonly deadLetters: SqsQueue;
  /** `ENABLED` or `DISABLED`. */
  readonly state: string;
}

/** A failed run is retried once. After that the next scheduled run does its work. */
const retries = 1;
/** Lambda's limit for keeping an event. */
const lambdaMaximumAgeSeconds = 21_600;

/** The schedule of the gold runs. */
export class GoldSchedule extends Construct {
  readonly name: string;

  constructor(scope: Construct, id: string, props: GoldScheduleProps) {
    super(scope, id);
    const { deployment, transform, deadLetters } = props;
    const { scheduleMinutes } = deployment.environment.silverGold;
    // After one period, the next event replaces it.
    const maximumAgeSeconds = Math.max(60, scheduleMinutes * 60);
    const name = resourceName(deployment, silverGold);
    const group = new SchedulerScheduleGroup(this, "group", { name });
    const role = new ServiceRole(this, "role", {
      deployment,
      name: `${name}-schedule`,
      description: "EventBridge Scheduler starts gold runs",
      service: "scheduler.amazonaws.com",
      conditions: onlyFor(deployment, group.arn),
      statements: [
        { sid: "StartRun", actions: ["lambda:InvokeFunction"], resources: [transform.arn] },
        { sid: "KeepFailures", actions: ["sqs:SendMessage"], resources: [deadLetters.arn] },
      ],
    });
    new LambdaFunctionEventInvokeConfig(this, "invocations", {
      functionName: transform.name,
      maximumRetryAttempts: retries,
      maximumEventAgeInSeconds: Math.min(maximumAgeSeconds, lambdaMaximumAgeSeconds),
      destinationConfig: { onFailure: { destination: deadLetters.arn } },
      dependsOn: [transform.role.policy],
    });
    const schedule = new SchedulerSchedule(this, mainResource, {
      name,
      groupName: group.name,
      description: "Starts a gold run",
      scheduleExpression: `rate(${scheduleMinutes} ${scheduleMinutes === 1 ? "minute" : "minutes"})`,
      flexibleTimeWindow: { mode: "OFF" },
      state: props.state,
      target: {
        arn: transform.arn,
        roleArn: role.arn,
        input: "{}",
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
