/** The names of the metrics that the functions write to their logs (EMF), and that alarms and the dashboard read. */

/** The namespace of all metrics. */
export const metricsNamespace = "Lakehouse";

/** The metrics of an object that bronze-silver processed. */
export const objectMetricNames = {
  records: "Records",
  rows: "Rows",
  quarantined: "Quarantined",
  dropped: "Dropped",
  /** Different keys in its records that no column reads. */
  unreadKeys: "UnreadKeys",
  /** Seconds from the object's arrival until it is processed. */
  lag: "Lag",
} as const;

/** The dimensions of an object's metrics. */
export interface ObjectDimensions {
  readonly environment: string;
  readonly table: string;
}

/** The metrics of a run of silver-gold. */
export const goldMetricNames = {
  /** 1 for every run that succeeded. */
  runs: "GoldRuns",
  /** Seconds from the end of the last run that committed to the start of this one. */
  age: "GoldAge",
  newObjects: "NewObjects",
  /** New silver that a run left for the next one, because its time was up. */
  backlogObjects: "GoldBacklogObjects",
  backlogBytes: "GoldBacklogBytes",
  checksFailed: "ChecksFailed",
  /** Tables and models that gold has, but that the catalog no longer defines, when the run begins. */
  retired: "Retired",
  /** Silver objects in gold that an older contract made. */
  outdatedObjects: "OutdatedObjects",
  /** Bytes that Athena scanned for the models that a run took from it. */
  athenaBytes: "AthenaBytesScanned",
  /** Milliseconds that it took for them. */
  athenaMilliseconds: "AthenaMilliseconds",
  /** Models that Athena could not build. */
  athenaFailed: "AthenaModelsFailed",
  /** Seconds that the oldest query has run, or waited, at the end of a run; 0 if none is left. */
  athenaWaiting: "AthenaModelsWaiting",
} as const;

/** The dimensions of a run's metrics. */
export interface GoldDimensions {
  readonly environment: string;
}
