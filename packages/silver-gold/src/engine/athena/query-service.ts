/** What a run needs of Athena: it starts queries, asks what became of them, and stops them. */

/** A query service, such as a workgroup of Athena. */
export interface QueryService {
  /** Its name in messages. */
  readonly name: string;
  /**
   * Starts a statement. With the same token and the same SQL, it is started once.
   *
   * @returns The id of the query.
   * @throws QueryRefusedError if the service does not start it.
   */
  start(sql: string, token: string): Promise<string>;
  /** What became of a query; undefined if the service does not know it any longer. */
  status(query: string): Promise<QueryStatus | undefined>;
  /** Stops a query. It is not an error if it has ended. */
  stop(query: string): Promise<void>;
}

/** What became of a query. */
export interface QueryStatus {
  readonly state: "running" | "succeeded" | "failed" | "cancelled";
  /** So far. */
  readonly bytesScanned: number;
  readonly milliseconds: number;
  /** The address of the list of files that it wrote, once it has succeeded. */
  readonly manifest?: string;
  /** Why it failed or was cancelled. It may contain records. */
  readonly reason?: string;
  /** Whether the same query may succeed if it is started again. */
  readonly isRetryable?: boolean;
}

/** The service did not start a query. */
export class QueryRefusedError extends Error {
  override readonly name = "QueryRefusedError";
  /** Whether it is only busy, or failed itself. */
  readonly isRetryable: boolean;

  constructor(message: string, isRetryable: boolean, options?: ErrorOptions) {
    super(message, options);
    this.isRetryable = isRetryable;
  }
}
