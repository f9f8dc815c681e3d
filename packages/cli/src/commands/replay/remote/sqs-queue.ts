/** The queue of replays in SQS. Pausing it disables the event source mapping that invokes bronze-silver. */
import type { LambdaClient } from "@aws-sdk/client-lambda";
import type { SQSClient } from "@aws-sdk/client-sqs";
import type { SSMClient } from "@aws-sdk/client-ssm";
import { type DeployedLake, replayParameter, replayStates } from "@lakehouse/lake/deployed-lake";
import { asError } from "@lakehouse/transforms/errors";
import { ReplayQueueError } from "./errors.ts";
import type { QueueCounts, ReplayQueue } from "./queue.ts";

/** With throttled sends, the SDK waits longer each time. */
const attempts = 8;
const hint =
  "docs/operations.md (Replay in the deployed environment) lists the permissions that it needs.";

/** What a deployment has for replays. */
type Deployed = NonNullable<DeployedLake["replay"]>;

/**
 * Opens the queue of an environment.
 *
 * @param region Where it is deployed.
 */
export async function openSqsQueue(
  environment: string,
  region: string,
  deployed: Deployed,
): Promise<ReplayQueue> {
  // Imported here, so that other commands do not wait for them.
  const [sqs, lambda, ssm] = await Promise.all([
    import("@aws-sdk/client-sqs"),
    import("@aws-sdk/client-lambda"),
    import("@aws-sdk/client-ssm"),
  ]);
  const options = { region, maxAttempts: attempts, retryMode: "standard" };
  const clients = {
    sqs: new sqs.SQSClient(options),
    lambda: new lambda.LambdaClient(options),
    ssm: new ssm.SSMClient(options),
  };
  return new SqsQueue(environment, deployed, { sqs, lambda, ssm }, clients);
}

interface Modules {
  readonly sqs: typeof import("@aws-sdk/client-sqs");
  readonly lambda: typeof import("@aws-sdk/client-lambda");
  readonly ssm: typeof import("@aws-sdk/client-ssm");
}

interface Clients {
  readonly sqs: SQSClient;
  readonly lambda: LambdaClient;
  readonly ssm: SSMClient;
}

class SqsQueue implements ReplayQueue {
  readonly #parameter: string;
  readonly #deployed: Deployed;
  readonly #modules: Modules;
  readonly #clients: Clients;

  constructor(environment: string, deployed: Deployed, modules: Modules, clients: Clients) {
    this.#parameter = replayParameter(environment);
    this.#deployed = deployed;
    this.#modules = modules;
    this.#clients = clients;
  }

  async send(bodies: readonly string[]): Promise<readonly number[]> {
    const { SendMessageBatchCommand } = this.#modules.sqs;
    const { Failed = [] } = await named("sqs:SendMessage", () =>
      this.#clients.sqs.send(
        new SendMessageBatchCommand({
          QueueUrl: this.#deployed.queue,
          Entries: bodies.map((MessageBody, index) => ({ Id: `${index}`, MessageBody })),
        }),
      ),
    );
    const refused = Failed.find(({ SenderFault }) => SenderFault === true);
    if (refused !== undefined) {
      throw new ReplayQueueError(
        `The queue of replays refuses a message (${refused.Code}: ${refused.Message})`,
        "Report this as a bug.",
      );
    }
    return Failed.map(({ Id }) => Number(Id));
  }

  async counts(): Promise<QueueCounts> {
    const [queue, deadLetters] = await Promise.all([
      this.#count(this.#deployed.queue),
      this.#count(this.#deployed.deadLetters),
    ]);
    return { waiting: queue, failed: deadLetters };
  }

  async #count(url: string): Promise<number> {
    const { GetQueueAttributesCommand } = this.#modules.sqs;
    const names = [
      "ApproximateNumberOfMessages",
      "ApproximateNumberOfMessagesNotVisible",
      "ApproximateNumberOfMessagesDelayed",
    ] as const;
    const { Attributes = {} } = await named("sqs:GetQueueAttributes", () =>
      this.#clients.sqs.send(
        new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: [...names] }),
      ),
    );
    return names.reduce((sum, name) => sum + Number(Attributes[name] ?? 0), 0);
  }

  async isPaused(): Promise<boolean> {
    const { GetParameterCommand } = this.#modules.ssm;
    const { Parameter } = await named("ssm:GetParameter", () =>
      this.#clients.ssm.send(new GetParameterCommand({ Name: this.#parameter })),
    );
    return Parameter?.Value === replayStates.paused;
  }

  async pause(): Promise<void> {
    await this.#note(replayStates.paused);
    await this.#enable(false);
  }

  async resume(): Promise<boolean> {
    await this.#note(replayStates.running);
    const { GetEventSourceMappingCommand } = this.#modules.lambda;
    const { State = "" } = await named("lambda:GetEventSourceMapping", () =>
      this.#clients.lambda.send(
        new GetEventSourceMappingCommand({ UUID: this.#deployed.newObjectsMapping }),
      ),
    );
    if (/^Disabl/.test(State)) {
      return false;
    }
    await this.#enable(true);
    return true;
  }

  /** A deployment does what the parameter says. */
  async #note(state: string): Promise<void> {
    const { PutParameterCommand } = this.#modules.ssm;
    await named("ssm:PutParameter", () =>
      this.#clients.ssm.send(
        new PutParameterCommand({ Name: this.#parameter, Value: state, Overwrite: true }),
      ),
    );
  }

  async #enable(Enabled: boolean): Promise<void> {
    const { UpdateEventSourceMappingCommand } = this.#modules.lambda;
    await named("lambda:UpdateEventSourceMapping", () =>
      this.#clients.lambda.send(
        new UpdateEventSourceMappingCommand({ UUID: this.#deployed.mapping, Enabled }),
      ),
    );
  }
}

/** Sends a request, and explains its errors. @param action The IAM action that it needs. */
async function named<T>(action: string, request: () => Promise<T>): Promise<T> {
  try {
    return await request();
  } catch (error) {
    const { name, message } = asError(error);
    throw new ReplayQueueError(...explain(action, name, message), { cause: error });
  }
}

function explain(action: string, name: string, message: string): [problem: string, hint: string] {
  if (/^(AccessDenied|AccessDeniedException|AuthorizationError)$/.test(name)) {
    return [`The AWS credentials do not allow ${action}`, `Ask for it: ${hint}`];
  }
  if (/NonExistentQueue|QueueDoesNotExist|ParameterNotFound|ResourceNotFound/.test(name)) {
    return [
      `The queue of replays is not complete (${name})`,
      "Deploy the environment again, then run the same command.",
    ];
  }
  if (name === "ResourceInUseException") {
    return [
      "Something else is changing the trigger of replays, such as a deployment",
      "Wait a minute, then run the same command.",
    ];
  }
  return [
    `AWS failed (${action}, ${name}: ${message})`,
    "Check the network and the credentials, then run: lakehouse replay --status",
  ];
}
