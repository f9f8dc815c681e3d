/** The definition of the state machine that spreads a gold run over many invocations, in Amazon States Language. */

/** What the definition depends on. */
export interface FanOut {
  /** Such as `aws` or `aws-cn`. */
  readonly partition: string;
  /** The alias of silver-gold. */
  readonly goldArn: string;
  /** The alias of gold-task. */
  readonly taskArn: string;
  /** How long an invocation of either may take. */
  readonly timeoutSeconds: number;
  /** The most tasks at once. */
  readonly concurrency: number;
}

/** The state machine's name after `lakehouse-<environment>-`. */
export const stateMachineName = "gold-run";

/** Seconds after which an execution ends. The next one goes on where it ended. */
export const executionTimeoutSeconds = 86_400;

/** Lambda's answer is lost if it takes longer than the function's timeout and this many seconds. */
const slackSeconds = 60;
/** How many runs are looked at to find the oldest. */
const mostRuns = 100;
/** Seconds after which the next run looks again whether the one before it has ended. */
const waitSeconds = 60;

/** Lambda is busy or fails: other invocations take its concurrency, or it is not reached. */
const busyLambda = {
  ErrorEquals: [
    "Lambda.TooManyRequestsException",
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.ClientExecutionTimeoutException",
  ],
  IntervalSeconds: 2,
  BackoffRate: 2,
  MaxDelaySeconds: 60,
  MaxAttempts: 10,
  JitterStrategy: "FULL",
} as const;

/** Any other error, such as a killed process. */
function anyError(attempts: number) {
  return {
    ErrorEquals: ["States.ALL"],
    IntervalSeconds: 5,
    BackoffRate: 2,
    MaxAttempts: attempts,
    JitterStrategy: "FULL",
  } as const;
}

/**
 * The definition. `Advance` invokes silver-gold, which does what it can by itself. It answers `tasks` with the S3 object that lists
 * the tasks it waits for, `again` if its time was up, or `done`. Each answer has the request for the next invocation.
 *
 * One execution works at a time, the oldest. The next one waits for its end, and later ones end at once, because the next one will
 * see what they would.
 *
 * The input of an execution is an event of silver-gold: `{}` or `{"rebuild": true}`.
 */
export function fanOutDefinition({
  partition,
  goldArn,
  taskArn,
  timeoutSeconds,
  concurrency,
}: FanOut) {
  const service = (action: string): string => `arn:${partition}:states:::${action}`;
  return {
    Comment: "A gold run whose tasks run side by side: docs/operations.md",
    StartAt: "Begin",
    TimeoutSeconds: executionTimeoutSeconds,
    States: {
      Begin: {
        Type: "Pass",
        Parameters: { "request.$": "$", "execution.$": "$$.Execution.Name" },
        Next: "FindRuns",
      },
      FindRuns: {
        Type: "Task",
        Resource: service("aws-sdk:sfn:listExecutions"),
        Parameters: {
          "StateMachineArn.$": "$$.StateMachine.Id",
          StatusFilter: "RUNNING",
          MaxResults: mostRuns,
        },
        // The newest comes first. If there is only one, it is both.
        ResultSelector: {
          "oldest.$": "$.Executions[-1:].Name",
          "next.$": "$.Executions[-2:].Name",
        },
        ResultPath: "$.runs",
        Retry: [anyError(3)],
        Next: "IsOldest",
      },
      IsOldest: {
        Type: "Choice",
        Choices: [
          {
            And: [
              { Variable: "$.runs.oldest[0]", IsPresent: true },
              {
                Not: { Variable: "$.runs.oldest[0]", StringEqualsPath: "$.execution" },
              },
            ],
            Next: "IsAnyWaiting",
          },
        ],
        Default: "Advance",
      },
      // The run that is under way may have listed silver before what started this one was there. So one waits for its end.
      IsAnyWaiting: {
        Type: "Choice",
        Choices: [
          {
            And: [
              { Not: { Variable: "$.runs.next[0]", StringEqualsPath: "$.runs.oldest[0]" } },
              { Not: { Variable: "$.runs.next[0]", StringEqualsPath: "$.execution" } },
            ],
            Next: "AnotherWaits",
          },
        ],
        Default: "WaitForOldest",
      },
      WaitForOldest: { Type: "Wait", Seconds: waitSeconds, Next: "FindRuns" },
      AnotherWaits: { Type: "Succeed" },
      Advance: {
        Type: "Task",
        Resource: service("lambda:invoke"),
        Parameters: {
          FunctionName: goldArn,
          Payload: {
            fanOut: { "execution.$": "$$.Execution.Name" },
            "request.$": "$.request",
          },
        },
        OutputPath: "$.Payload",
        TimeoutSeconds: timeoutSeconds + slackSeconds,
        Retry: [busyLambda, anyError(1)],
        Next: "WhatNext",
      },
      WhatNext: {
        Type: "Choice",
        Choices: [
          { Variable: "$.status", StringEquals: "tasks", Next: "RunTasks" },
          { Variable: "$.status", StringEquals: "again", Next: "Advance" },
          { Variable: "$.status", StringEquals: "done", Next: "Done" },
        ],
        Default: "UnknownAnswer",
      },
      RunTasks: {
        Type: "Map",
        Label: "tasks",
        ItemReader: {
          Resource: service("s3:getObject"),
          ReaderConfig: { InputType: "JSON" },
          Parameters: { "Bucket.$": "$.bucket", "Key.$": "$.key" },
        },
        MaxConcurrency: concurrency,
        ItemProcessor: {
          // Express executions end after five minutes.
          ProcessorConfig: { Mode: "DISTRIBUTED", ExecutionType: "STANDARD" },
          StartAt: "RunTask",
          States: {
            RunTask: {
              Type: "Task",
              Resource: service("lambda:invoke"),
              Parameters: { FunctionName: taskArn, Payload: { "task.$": "$" } },
              // Results are in S3. A state's output has at most 256 KiB, and the Map's output holds that of every task.
              ResultSelector: {},
              TimeoutSeconds: timeoutSeconds + slackSeconds,
              Retry: [busyLambda, anyError(3)],
              End: true,
            },
          },
        },
        ResultPath: null,
        Retry: [
          {
            ErrorEquals: ["States.ItemReaderFailed"],
            IntervalSeconds: 5,
            BackoffRate: 2,
            MaxAttempts: 3,
          },
        ],
        Next: "Advance",
      },
      Done: { Type: "Succeed" },
      UnknownAnswer: {
        Type: "Fail",
        Error: "UnknownAnswer",
        Cause: "silver-gold answered with a status that this state machine does not have",
      },
    },
  } as const;
}
