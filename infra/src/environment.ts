/** The settings of an environment. docs/deploy.md explains each. */

/** Bytes of memory and disk, and time, that a function may take. */
export interface FunctionSize {
  /** MiB; Lambda gives processor time in proportion, one core at 1,769. */
  readonly memoryMib: number;
  /** Seconds until Lambda ends an invocation; at most 900. */
  readonly timeoutSeconds: number;
  /** MiB of /tmp, 512 to 10,240. */
  readonly ephemeralStorageMib: number;
}

/** How Athena reads the lake. */
export interface AthenaSettings {
  /** MiB that one query may read, 10 or more. */
  readonly scanLimitMib: number;
  /**
   * The first day of arrival that Athena looks for, `yyyy-MM-dd`: about when the lake began. Each day is a folder that it
   * asks S3 for in every query that does not name days, so a day too early costs time, and one too late hides rows.
   */
  readonly firstArrivalDay: string;
  /** The first day of what tables are partitioned by that it looks for, `yyyy-MM-dd`. */
  readonly firstDay: string;
  /** How many years past today it looks for those: for dates in the future. */
  readonly yearsAhead: number;
}

/** GitHub's workflows that may deploy an environment, without stored keys. */
export interface GitHubDeployment {
  /**
   * As GitHub's tokens name it: `owner@123456/name@456789` with both numbers for a repository that was made, renamed
   * or moved after 2026-07-15, else `owner/name`. docs/deploy.md tells how to find them.
   */
  readonly repository: string;
  /** The GitHub environment whose jobs may deploy; its protection rules decide who approves. */
  readonly githubEnvironment: string;
  /** Whether this environment makes the account's OIDC provider; an account has one, so only one may. */
  readonly createProvider: boolean;
}

/** All that is decided for one environment. */
export interface Environment {
  /** Lower-case letters and digits; part of every resource's name. */
  readonly name: string;
  readonly region: string;
  /** The account's number: the deploy program refuses credentials of any other. Undefined: any account will do. */
  readonly account?: string;
  /** True: buckets, and with them the data, cannot be destroyed until this is false and applied. */
  readonly deletionProtection: boolean;
  /**
   * `sse-s3`: keys that S3 keeps, free. `kms`: a key of our own, whose every use is logged and can be refused; bootstrap
   * makes it, so run that before you deploy the change.
   */
  readonly encryption: "sse-s3" | "kms";
  /** Whether each request to the lake's buckets is logged, into a bucket of its own. */
  readonly accessLogs: boolean;
  /** Which processor the images are made for. */
  readonly architecture: "arm64" | "x86_64";

  readonly ingest: {
    /** Firehose writes an object after so many MiB (1 to 128) … */
    readonly bufferMib: number;
    /** … or after so many seconds (0 to 900). */
    readonly bufferSeconds: number;
  };

  readonly bronzeSilver: FunctionSize & {
    /** Most invocations at once, 2 to 1,000. */
    readonly maximumConcurrency: number;
    /** Most objects in one invocation, 1 to 10. */
    readonly batchSize: number;
    /** Seconds to wait for a batch to fill. */
    readonly batchWindowSeconds: number;
  };

  readonly silverGold: FunctionSize & {
    /** Minutes between two gold runs; 1 or more. */
    readonly scheduleMinutes: number;
    /**
     * 1 keeps two runs from working at once. Two do no harm, one of them only works in vain: "none" is for an
     * account whose Lambda quota is too low to reserve from (new accounts have 10, all of which must stay free).
     */
    readonly reservedConcurrency: 1 | "none";
  };

  readonly retention: {
    /** Days that logs are kept; one of the numbers that CloudWatch knows. */
    readonly logDays: number;
    /** Days after which a bronze object moves to STANDARD_IA (30 or more). */
    readonly bronzeInfrequentDays: number;
    /** Days after which it moves on to GLACIER_IR, at least 30 more. */
    readonly bronzeArchiveDays: number;
    /** Days after which a silver object moves to STANDARD_IA (30 or more). */
    readonly silverInfrequentDays: number;
    /** Days that a replaced or removed object can be restored. */
    readonly previousVersionsDays: number;
    /** Days that results of Athena queries are kept. */
    readonly queryResultsDays: number;
  };

  readonly alarms: {
    /** Who gets the alarms; they must confirm once, by a mail. Undefined: nobody, but the topic is there. */
    readonly email?: string;
    /** The share of refused records that is an alarm, 0 to 1. */
    readonly quarantineShare: number;
    /**
     * Minutes that the oldest object may wait for silver: more than until a failed one is tried again (six times
     * `bronzeSilver.timeoutSeconds`), or each failed attempt would ring, and less than twice that.
     */
    readonly oldestMessageMinutes: number;
  };

  /** US dollars a month; at 80 % of it, and when AWS foresees more than it, a mail goes to the alarms' address. */
  readonly monthlyBudgetUsd: number;
  readonly athena: AthenaSettings;
  readonly github?: GitHubDeployment;
}
