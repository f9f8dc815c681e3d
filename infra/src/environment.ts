/** The settings of an environment. docs/deploy.md explains each. */

/** The memory, disk and time that a function may use. */
export interface FunctionSize {
  /** In MiB. Lambda gives processor time in proportion: one core at 1,769. */
  readonly memoryMib: number;
  /** Seconds until Lambda ends an invocation, at most 900. */
  readonly timeoutSeconds: number;
  /** MiB of /tmp, 512 to 10,240. */
  readonly ephemeralStorageMib: number;
}

/** How Athena reads the lake. */
export interface AthenaSettings {
  /** MiB that one query may read, 10 or more. */
  readonly scanLimitMib: number;
  /**
   * MiB that the query of a model may read that Athena builds (docs/athena-models.md), 10 or more. Default: 1,048,576 (1 TiB),
   * which costs about $5.
   */
  readonly modelScanLimitMib?: number;
  /**
   * Minutes that the query of such a model may take, 1 to 1,440. Default: 60. Athena's own limit is 30 minutes unless AWS has raised
   * it.
   */
  readonly modelMinutes?: number;
  /**
   * The first day of arrival that Athena looks for, `yyyy-MM-dd`: about when the lake began. A query without days asks S3
   * for the folder of each day. A day that is too early costs time, one that is too late hides rows.
   */
  readonly firstArrivalDay: string;
  /** The first day that it looks for in tables that are not partitioned by arrival, `yyyy-MM-dd`, before 2050. */
  readonly firstDay: string;
  /** How many years ahead it looks in those partitioned by day, for dates in the future. It finds months until 2049. */
  readonly yearsAhead: number;
}

/** Which of GitHub's jobs may deploy an environment, without stored keys. */
export interface GitHubDeployment {
  /**
   * As GitHub's tokens name it: `owner@123456/name@456789`, with both numbers, if the repository was created, renamed or
   * moved after 2026-07-15, otherwise `owner/name`. docs/deploy.md shows how to look them up.
   */
  readonly repository: string;
  /** The GitHub environment whose jobs may deploy. Its protection rules decide who approves. */
  readonly githubEnvironment: string;
  /** Whether this environment creates the account's OIDC provider. An account has only one. */
  readonly createProvider: boolean;
  /**
   * Whether the jobs of the branch `main` may read the lake to audit it. True when absent. docs/security.md says what that
   * means.
   */
  readonly audit?: boolean;
}

/** Where each bronze object is copied to: a bucket in another region or account, which somebody else made. */
export interface BronzeReplica {
  /** `arn:aws:s3:::NAME`. The bucket must keep versions. docs/deploy.md shows how to make it. */
  readonly bucketArn: string;
  readonly region: string;
  /** The bucket's account, if it is another one. */
  readonly account?: string;
  /** A key of that region to encrypt the copies with. Required with `encryption: "kms"`, and only then. */
  readonly keyArn?: string;
}

/** More protection of bronze, from which everything else can be rebuilt. */
export interface BronzeProtection {
  /**
   * Days in which nobody can remove a new bronze object for good (S3's Object Lock in governance mode), except with the
   * permission `s3:BypassGovernanceRetention`. Once turned on, a bucket's Object Lock cannot be turned off, only its days.
   */
  readonly lockDays?: number;
  readonly replica?: BronzeReplica;
}

/** Spreads large gold runs over many invocations. */
export interface FanOutSettings {
  /** The most tasks of a run at once, 1 to 1,000. Each is an invocation of `gold-task`, with `silverGold`'s memory and time. */
  readonly concurrency: number;
}

/** A network for the functions. */
export interface NetworkSettings {
  /** The private addresses of the VPC, from `/16` to `/26`, such as `10.64.0.0/24`. */
  readonly cidr: string;
}

/** How much one producer may send through the HTTP door. */
export interface ProducerLimits {
  /** Requests a second over time, and at once. Each may carry up to 1,000 KiB of records. */
  readonly requestsPerSecond: number;
  readonly burst: number;
  /** Requests a day. Default: as many as the limits above allow. */
  readonly requestsPerDay?: number;
}

/** An HTTP API that takes records, for producers without AWS credentials. Each sends a key. */
export interface DoorSettings {
  /** Each producer's limits, by its name in lower-case letters, digits and `-`. A person makes its key: docs/send.md. */
  readonly producers: Readonly<Record<string, ProducerLimits>>;
  /** The origin of the web pages that may send, `https://shop.example.com`, or `*` for any. Default: none. */
  readonly corsOrigin?: string;
  /** Whether each request is logged, without key and body. The account must let API Gateway log: docs/send.md. Default: no. */
  readonly accessLogs?: boolean;
}

/** The settings of one environment. */
export interface Environment {
  /** Lower-case letters and digits. Part of every resource's name. */
  readonly name: string;
  readonly region: string;
  /** The account's number. The deploy program refuses credentials of any other account. Default: any. */
  readonly account?: string;
  /** If true, buckets and their data cannot be destroyed until this is false and deployed. */
  readonly deletionProtection: boolean;
  /**
   * `sse-s3`: S3's own keys, free. `kms`: your own key, whose every use is logged and can be refused. `bootstrap` creates
   * it, so run that before you deploy the change.
   */
  readonly encryption: "sse-s3" | "kms";
  /** Whether each request to the lake's buckets is logged, to a separate bucket. */
  readonly accessLogs: boolean;
  /** The processor that images are built for. */
  readonly architecture: "arm64" | "x86_64";

  /** Default: bronze is protected by `deletionProtection` and its earlier versions only. */
  readonly bronze?: BronzeProtection;

  /**
   * The SSM parameter with the key for hashes of personal data, `/lakehouse-keys/prod/personal-data`: a SecureString that a
   * person made. Required if a contract has `pii("hash")`. docs/personal-data.md says how to make it, and that `bootstrap` must
   * run before you deploy the change.
   */
  readonly personalDataKey?: string;

  /**
   * Runs the functions in a VPC of their own, from which they reach the lake's buckets and its tables in Glue through
   * endpoints, and nothing else. `bootstrap` creates it. Default: Lambda's network, from which they reach the internet.
   */
  readonly network?: NetworkSettings;

  /** An HTTP API in front of the streams. `bootstrap` must run before you deploy the change. Default: none. */
  readonly door?: DoorSettings;

  /**
   * The tables whose Firehose stream reads a Kinesis stream, which other programs may read, too; or `all`. A change replaces a
   * table's Firehose stream (docs/send.md), and `bootstrap` must run before you deploy it. Default: none.
   */
  readonly kinesis?: readonly string[] | "all";

  readonly ingest: {
    /** Firehose writes an object after this many MiB (1 to 128) … */
    readonly bufferMib: number;
    /** … or after this many seconds (0 to 900). */
    readonly bufferSeconds: number;
  };

  readonly bronzeSilver: FunctionSize & {
    /** The most concurrent invocations, 2 to 1,000. */
    readonly maximumConcurrency: number;
    /**
     * The most concurrent invocations for replays, 2 to 1,000. They have a queue of their own, so that new objects never wait
     * behind them. Default: 2.
     */
    readonly replayConcurrency?: number;
    /** The most objects per invocation, 1 to 10. */
    readonly batchSize: number;
    /** Seconds to wait for a batch to fill. */
    readonly batchWindowSeconds: number;
  };

  readonly silverGold: FunctionSize & {
    /** Minutes between two gold runs, 1 or more. */
    readonly scheduleMinutes: number;
    /**
     * Starts a gold run after new silver, too, when it has waited for this many seconds, 1 to 300. All silver of that time is one
     * run's. The schedule stays: it reads what no start was for. Default: only the schedule starts runs.
     */
    readonly startBySilver?: { readonly afterSeconds: number };
    /**
     * With 1, only one run works at a time. Two would do no harm, but one of them would work in vain. "none" is for an
     * account whose Lambda quota is too low to reserve any (new accounts have 10, and all of those must stay free).
     */
    readonly reservedConcurrency: 1 | "none";
    /**
     * The most MiB of silver that a run reads at once, 1 to 65,536. A larger backlog is read in slices. Each is committed
     * and published before the next, so lower it if a run times out over a backlog. Default: 256. With `fanOut`: 32 for each task at
     * once, but at most a quarter of `ephemeralStorageMib`.
     */
    readonly sliceMib?: number;
    /** Days in which earlier versions of current rows can be read, 1 to 3,650. Default: 7. */
    readonly retentionDays?: number;
    /**
     * Days after which small silver objects are copied into packs, 1 to 3,650, so that a rebuild and models over `silver_<table>`
     * read many of them in one call. The originals stay. "never" makes none. Default: 7.
     */
    readonly packSilverAfterDays?: number | "never";
    /**
     * Whether each run that changes gold publishes a report about the lake as `_report/index.html` in the gold bucket, which holds
     * records (docs/page.md). Default: false.
     */
    readonly report?: boolean;
    /**
     * The schedule starts a Step Functions state machine, which runs the tasks of a large gold run side by side. `bootstrap` must
     * run before you deploy the change. Default: one invocation does all of a run.
     */
    readonly fanOut?: FanOutSettings;
  };

  readonly retention: {
    /** Days that logs are kept. CloudWatch accepts only certain numbers. */
    readonly logDays: number;
    /** Days after which a bronze object moves to STANDARD_IA (30 or more). */
    readonly bronzeInfrequentDays: number;
    /** Days after which it moves to GLACIER_IR, at least 30 more. */
    readonly bronzeArchiveDays: number;
    /** Days after which a silver object moves to STANDARD_IA (30 or more). */
    readonly silverInfrequentDays: number;
    /** Days that a replaced or removed object can be restored. */
    readonly previousVersionsDays: number;
    /** Days that results of Athena queries are kept. */
    readonly queryResultsDays: number;
  };

  readonly alarms: {
    /**
     * Who gets the alarms. AWS sends a mail to confirm, once. `"none"`: nobody, because you subscribe to the topic in another
     * way. A protected environment is not deployed without one of the two.
     */
    readonly email?: string;
    /** The alarm rings if a larger share of records is refused, 0 to 1. */
    readonly quarantineShare: number;
    /**
     * Minutes that the oldest object may wait for silver. More than the time between two attempts (six times
     * `bronzeSilver.timeoutSeconds`), or each failed attempt would ring, and less than twice that time.
     */
    readonly oldestMessageMinutes: number;
  };

  /**
   * US dollars a month. At 80 % of it, and when AWS forecasts more, a mail goes to the alarms' address. `"none"`: no budget,
   * for an account where IAM may not see billing.
   */
  readonly monthlyBudgetUsd: number | "none";
  /**
   * Minutes after new images went live in which an alarm that starts to ring brings back the images before, 1 to 120. More than
   * `silverGold.scheduleMinutes`, or no gold run is watched. Default: `deploy` does not wait.
   */
  readonly rollbackMinutes?: number;
  readonly athena: AthenaSettings;
  readonly github?: GitHubDeployment;
}
