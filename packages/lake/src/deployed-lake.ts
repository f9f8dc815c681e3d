/** Where a deployed lake is. Terraform publishes it, and the command reads it. */
import * as z from "zod";

const schema = z.object({
  /** `dev`, `prod`, …: the name of the environment. */
  environment: z.string(),
  region: z.string(),
  buckets: z.object({ bronze: z.string(), silver: z.string(), gold: z.string() }),
  /** The database of Glue that has its tables; absent in a deployment of an earlier version. */
  database: z.string().optional(),
  /** The workgroup of Athena that builds models; absent if DuckDB builds all of them. */
  athenaWorkgroup: z.string().optional(),
  /** The most minutes that a query of such a model may take; absent for the default. */
  athenaModelMinutes: z.number().optional(),
  /** The SSM parameter with the key for hashes of personal data; absent if no table has any. */
  personalDataKey: z.string().optional(),
  /** What replays need; absent in a deployment of an earlier version. */
  replay: z
    .object({
      /** The addresses of the queue of objects to process again, and of its dead-letter queue. */
      queue: z.string(),
      deadLetters: z.string(),
      /** The event source mapping of this queue, and that of the queue of new objects. */
      mapping: z.string(),
      newObjectsMapping: z.string(),
    })
    .optional(),
  /** The Firehose stream of each table, by the table's name or by `anyTable`. */
  deliveryStreams: z.record(z.string(), z.string()),
});

/** Where the lake of a deployed environment is. */
export type DeployedLake = z.infer<typeof schema>;

/** The SSM parameter that holds an environment's `DeployedLake` as JSON. */
export function deployedLakeParameter(environment: string): string {
  return `/lakehouse/${environment}/lake`;
}

/** The SSM parameter that says whether an environment's replays are paused. */
export function replayParameter(environment: string): string {
  return `/lakehouse/${environment}/replay`;
}

/** Its values. */
export const replayStates = { running: "running", paused: "paused" } as const;

/** The database in Glue with an environment's tables, which Athena queries. */
export function glueDatabase(environment: string): string {
  return `lakehouse_${environment}`;
}

/** Stands for every table, and for its name with `-` for `_` in the name of its stream. */
export const anyTable = "*";

/** SSM's limit of 4,096 for the value of a parameter, less what Terraform may add where it inserts names and addresses. */
const maximumCharacters = 3_500;

/**
 * The text to publish.
 *
 * @param streamPattern The names of all streams, with `anyTable`. It replaces a list of streams that is too long for SSM.
 */
export function deployedLakeText(lake: DeployedLake, streamPattern: string): string {
  const text = JSON.stringify(lake);
  return text.length <= maximumCharacters
    ? text
    : JSON.stringify({ ...lake, deliveryStreams: { [anyTable]: streamPattern } });
}

/** The Firehose stream of a table; undefined if it has none. */
export function streamOf(
  table: string,
  streams: Readonly<Record<string, string>>,
): string | undefined {
  return streams[table] ?? streams[anyTable]?.replace(anyTable, table.replaceAll("_", "-"));
}

/** @throws z.ZodError or SyntaxError if the text is not a `DeployedLake`. */
export function parseDeployedLake(text: string): DeployedLake {
  return schema.parse(JSON.parse(text));
}
