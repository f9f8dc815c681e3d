/** The permissions of the state machine that spreads gold runs over many invocations, and of whoever starts it. */
import { taskPrefix } from "@lakehouse/lake/keys";
import { arnOf, type Deployment, resourceName } from "../deployment.ts";
import { type BucketReference, decrypt, readObjects } from "./lake-access.ts";
import type { Statement } from "./policy.ts";

/** The state machine: starts both functions, and its own child executions. */
export function stateMachineAccess(
  deployment: Deployment,
  name: string,
  functionArns: readonly [string, ...string[]],
  { gold, keyArn }: { readonly gold: BucketReference; readonly keyArn: string | undefined },
): readonly Statement[] {
  return [
    { sid: "Invoke", actions: ["lambda:InvokeFunction"], resources: functionArns },
    readObjects("ReadTasks", gold, [taskPrefix]),
    ...decrypt(deployment, keyArn),
    ...runExecutions(deployment, name, `${name}*`),
  ];
}

/** Permission to start an execution. */
export function startExecution(stateMachineArn: string): Statement {
  return { sid: "StartRun", actions: ["states:StartExecution"], resources: [stateMachineArn] };
}

/** The most that roles may do with the environment's state machines, if there are any. */
export function stateMachineBounds(deployment: Deployment): readonly Statement[] {
  const all = resourceName(deployment, "*");
  return deployment.environment.silverGold.fanOut === undefined
    ? []
    : runExecutions(deployment, all, all);
}

/**
 * What a Distributed Map does besides its tasks: docs.aws.amazon.com, "IAM policies for using Distributed Map states". The ARNs of
 * its child executions begin with the state machine's name and the Map's label.
 */
function runExecutions(
  deployment: Deployment,
  machine: string,
  executions: string,
): readonly Statement[] {
  return [
    {
      sid: "StartTasks",
      actions: ["states:StartExecution"],
      resources: [arnOf(deployment, "states", `stateMachine:${machine}`)],
    },
    {
      sid: "FindRuns",
      actions: ["states:ListExecutions"],
      resources: [
        arnOf(deployment, "states", `stateMachine:${machine}`),
        arnOf(deployment, "states", `mapRun:${machine}/*:*`),
      ],
    },
    {
      sid: "FollowTasks",
      actions: ["states:DescribeExecution", "states:RedriveExecution", "states:StopExecution"],
      resources: [arnOf(deployment, "states", `execution:${executions}:*`)],
    },
  ];
}
