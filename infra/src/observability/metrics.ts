/** The names of the metrics that the functions write into their logs (EMF), for alarms and the dashboard. */

/** The namespace of all of them. */
export const metricsNamespace = "Lakehouse";

/** Per object, with the dimensions environment and table. */
export const objectMetrics = {
  records: "Records",
  rows: "Rows",
  quarantined: "Quarantined",
  dropped: "Dropped",
  /** Seconds from the object's arrival until it is done. */
  lag: "Lag",
} as const;

/** Per gold run, with the dimension environment. */
export const goldMetrics = {
  /** 1 for every run that ended well. */
  runs: "GoldRuns",
  /** Seconds from the end of the last run that committed until this one's start. */
  age: "GoldAge",
  newObjects: "NewObjects",
  checksFailed: "ChecksFailed",
} as const;
