/** Looks for our resources in the emulator, service by service. */
import { region } from "./clients.ts";
import type { Emulator } from "./emulator.ts";
import { EmulatorError } from "./errors.ts";
import type { EnvironmentName } from "./names.ts";

/** How to list all resources of a kind. */
interface Question {
  readonly service: string;
  readonly path?: string;
  readonly target?: string;
  readonly form?: string;
}

const questions: readonly Question[] = [
  { service: "s3" },
  { service: "sqs", target: "AmazonSQS.ListQueues" },
  { service: "lambda", path: "/2015-03-31/functions/" },
  { service: "lambda", path: "/2015-03-31/event-source-mappings/" },
  { service: "firehose", target: "Firehose_20150804.ListDeliveryStreams" },
  { service: "scheduler", path: "/schedules" },
  { service: "scheduler", path: "/schedule-groups" },
  { service: "ssm", target: "AmazonSSM.DescribeParameters" },
  { service: "logs", target: "Logs_20140328.DescribeLogGroups" },
  { service: "glue", target: "AWSGlue.GetDatabases" },
  { service: "athena", target: "AmazonAthena.ListWorkGroups" },
  { service: "ecr", target: "AmazonEC2ContainerRegistry_V20150921.DescribeRepositories" },
  { service: "kms", target: "TrentService.ListAliases" },
  { service: "budgets", target: "AWSBudgetServiceGateway.DescribeBudgets" },
  { service: "iam", form: "Action=ListRoles&Version=2010-05-08" },
  { service: "iam", form: "Action=ListPolicies&Scope=Local&Version=2010-05-08" },
  { service: "sns", form: "Action=ListTopics&Version=2010-03-31" },
  { service: "monitoring", form: "Action=DescribeAlarms&Version=2010-08-01" },
  { service: "monitoring", form: "Action=ListDashboards&Version=2010-08-01" },
];

/** @returns The name of every resource of an environment, with its service. */
export async function leftovers(
  emulator: Emulator,
  environment: EnvironmentName,
): Promise<string[]> {
  const answers = await Promise.all(
    questions.map((question) => ask(emulator, environment, question)),
  );
  return [...new Set(answers.flat())].sort();
}

async function ask(
  { endpoint, operator }: Emulator,
  environment: EnvironmentName,
  question: Question,
): Promise<string[]> {
  const { service, path = "/", target, form } = question;
  const response = await fetch(`${endpoint}${path}`, {
    method: target === undefined && form === undefined ? "GET" : "POST",
    headers: {
      // The emulator finds the service by this header, and checks no signature of the operator.
      Authorization: `AWS4-HMAC-SHA256 Credential=${operator.accessKeyId}/20250101/${region}/${service}/aws4_request, SignedHeaders=host, Signature=none`,
      ...(target === undefined ? {} : { "X-Amz-Target": target }),
      "Content-Type":
        form === undefined ? "application/x-amz-json-1.1" : "application/x-www-form-urlencoded",
    },
    ...(target === undefined && form === undefined ? {} : { body: form ?? body(service) }),
  });
  const text = await response.text();
  if (!response.ok) {
    throw new EmulatorError(`${service} answered ${response.status}: ${text.slice(0, 300)}`);
  }
  const names = new RegExp(`lakehouse[-_/]${environment}[\\w/-]*`, "g");
  return [...text.matchAll(names)].map(([name]) => `${service}: ${name}`);
}

function body(service: string): string {
  return service === "budgets" ? '{"AccountId":"123456789012"}' : "{}";
}
