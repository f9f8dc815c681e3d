/** The names of the environment variables that infrastructure sets and the functions and the command read. */

/** Where the lake is: `s3` or a directory. */
export const lakeVariable = "LAKEHOUSE_LAKE";

/** The deployed environment's name, a dimension of the metrics. */
export const environmentVariable = "LAKEHOUSE_ENVIRONMENT";

/** The buckets of a lake in S3, by layer. */
export const bucketVariables = {
  bronze: "BRONZE_BUCKET",
  silver: "SILVER_BUCKET",
  gold: "GOLD_BUCKET",
} as const;

/** The database of Glue that has the lake's tables. */
export const glueDatabaseVariable = "GLUE_DATABASE";

/** The queue whose messages start gold runs, and the seconds of silver that one message is for. */
export const goldStartsVariable = "GOLD_STARTS_QUEUE";
export const goldStartsSecondsVariable = "GOLD_STARTS_SECONDS";

/** The most seconds of silver that one message is for: SQS forgets after five minutes which messages it has had. */
export const maximumGoldStartsSeconds = 300;

/** The group of all of its messages. Lambda passes one batch of a group at a time, so there is one run at a time. */
export const goldStartsGroup = "gold";

/** The workgroup of Athena that builds models; without it, DuckDB builds all models. */
export const athenaWorkgroupVariable = "ATHENA_WORKGROUP";

/** The most minutes that a query of such a model may take, and the most that it can be. */
export const athenaModelMinutesVariable = "ATHENA_MODEL_MINUTES";
export const maximumModelMinutes = 1_440;

/** The key for hashes of personal data. */
export const personalKeyVariable = "PERSONAL_DATA_KEY";

/** The SSM parameter that holds that key. */
export const personalKeyParameterVariable = "PERSONAL_DATA_KEY_PARAMETER";

/** Names the Firehose stream of every table that has no variable of its own. */
export const anyStreamVariable = "DELIVERY_STREAM";

/** The variable that names a table's Firehose stream: `DELIVERY_STREAM_WEB_EVENTS`. */
export function streamVariable(table: string): string {
  return `${anyStreamVariable}_${table.toUpperCase()}`;
}
