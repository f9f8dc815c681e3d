/** Where a deployed lake is. Terraform publishes it, and the command reads it. */
import { z } from "zod";

const schema = z.object({
  /** `dev`, `prod`, …: the name of the environment. */
  environment: z.string(),
  region: z.string(),
  buckets: z.object({ bronze: z.string(), silver: z.string(), gold: z.string() }),
  /** The Firehose stream of each table, by the table's name. */
  deliveryStreams: z.record(z.string(), z.string()),
});

/** Where the lake of a deployed environment is. */
export type DeployedLake = z.infer<typeof schema>;

/** The SSM parameter that holds an environment's `DeployedLake` as JSON. */
export function deployedLakeParameter(environment: string): string {
  return `/lakehouse/${environment}/lake`;
}

/** @throws z.ZodError or SyntaxError if the text is not a `DeployedLake`. */
export function parseDeployedLake(text: string): DeployedLake {
  return schema.parse(JSON.parse(text));
}
