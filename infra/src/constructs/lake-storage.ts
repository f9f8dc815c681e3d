/** The buckets of a lake, and their encryption key. */
import { athenaPrefix, replayPrefix, statePrefix } from "@lakehouse/lake/keys";
import { Construct } from "constructs";
import type { Deployment } from "../deployment.ts";
import { BronzeReplica } from "./bronze-replica.ts";
import { lakeKeyArn } from "./lake-key.ts";
import { LayerBucket } from "./layer-bucket.ts";

/** Props of a `LakeStorage`. */
export interface LakeStorageProps {
  readonly deployment: Deployment;
  /** The names of all tables. */
  readonly tables: readonly string[];
}

/**
 * Days that removed objects of gold's state and removed data files are kept. Each run replaces those that it touches, and the
 * run record names only the latest.
 */
export const previousStatesDays = 2;
/**
 * Days after which a result of Athena is removed that no run has removed. A run takes a result within hours: a query runs for
 * hours at most.
 */
const athenaResultsDays = 14;
/** Days that the record of a replay is kept after its last change. Its messages live for seven. */
const replayRecordDays = 90;
/** Days that access logs are kept. */
const accessLogDays = 365;

/** The buckets for bronze, silver, gold and query results. */
export class LakeStorage extends Construct {
  readonly bronze: LayerBucket;
  readonly silver: LayerBucket;
  readonly gold: LayerBucket;
  readonly queryResults: LayerBucket;
  /** The ARN of the lake's key; undefined if S3 keeps the keys. */
  readonly keyArn: string | undefined;

  constructor(scope: Construct, id: string, { deployment, tables }: LakeStorageProps) {
    super(scope, id);
    const { retention, deletionProtection, bronze } = deployment.environment;
    this.keyArn = lakeKeyArn(this, "key", deployment);
    const shared = {
      deployment,
      keyArn: this.keyArn,
      protected: deletionProtection,
      previousVersionsDays: retention.previousVersionsDays,
      accessLogs: this.#accessLogs(deployment),
    };
    this.bronze = new LayerBucket(this, "bronze", {
      ...shared,
      layer: "bronze",
      lockDays: bronze?.lockDays,
      transitions: [
        { days: retention.bronzeInfrequentDays, storageClass: "STANDARD_IA" },
        { days: retention.bronzeArchiveDays, storageClass: "GLACIER_IR" },
      ],
    });
    if (bronze?.replica !== undefined) {
      new BronzeReplica(this, "bronze_replica", {
        deployment,
        bronze: this.bronze,
        keyArn: this.keyArn,
        replica: bronze.replica,
      });
    }
    this.silver = new LayerBucket(this, "silver", {
      ...shared,
      layer: "silver",
      transitions: [{ days: retention.silverInfrequentDays, storageClass: "STANDARD_IA" }],
      expiring: { id: "replay-records", prefix: replayPrefix, days: replayRecordDays },
    });
    // Gold is small and read often, so a cheaper class would cost more.
    this.gold = new LayerBucket(this, "gold", {
      ...shared,
      layer: "gold",
      shortLived: { prefixes: prefixesOf(tables), previousVersionsDays: previousStatesDays },
      ...(deployment.buildsOnAthena && {
        expiring: { id: "athena-results", prefix: athenaPrefix, days: athenaResultsDays },
      }),
    });
    this.queryResults = new LayerBucket(this, "query_results", {
      ...shared,
      layer: "athena-results",
      // The query can be run again.
      protected: false,
      expireDays: retention.queryResultsDays,
      previousVersionsDays: 1,
    });
  }

  #accessLogs(deployment: Deployment): LayerBucket | undefined {
    const { accessLogs, deletionProtection } = deployment.environment;
    if (!accessLogs) {
      return undefined;
    }
    return new LayerBucket(this, "access_logs", {
      deployment,
      layer: "access-logs",
      protected: deletionProtection,
      // S3 writes access logs only to buckets with its own keys.
      keyArn: undefined,
      expireDays: accessLogDays,
      previousVersionsDays: 30,
      statements: (arn) => [
        {
          sid: "S3Logs",
          effect: "Allow",
          principal: { Service: "logging.s3.amazonaws.com" },
          actions: ["s3:PutObject"],
          resources: [`${arn}/*`],
          conditions: { StringEquals: { "aws:SourceAccount": deployment.accountId } },
        },
      ],
    });
  }
}

/** Gold's state, and the data files of each table. */
function prefixesOf(tables: readonly string[]): Record<string, string> {
  const folders = tables.map((name) => [`data-files-of-${name}`, `${name}/`] as const);
  return { "short-lived-versions": statePrefix, ...Object.fromEntries(folders) };
}
