/** A workgroup of Athena, as a run uses it. Import this module when it is needed: it loads Athena's client. */
import {
  AthenaClient,
  GetQueryExecutionCommand,
  InternalServerException,
  InvalidRequestException,
  type QueryExecution,
  StartQueryExecutionCommand,
  StopQueryExecutionCommand,
  TooManyRequestsException,
} from "@aws-sdk/client-athena";
import type { LakeSettings } from "@lakehouse/lake/lake-settings";
import { AthenaError } from "../../errors.ts";
import { QueryRefusedError, type QueryService, type QueryStatus } from "./query-service.ts";

const defaultAttempts = 5;
const busyNames: readonly string[] = ["ThrottlingException", "TooManyRequestsException"];
const states: Readonly<Record<string, QueryStatus["state"]>> = {
  QUEUED: "running",
  RUNNING: "running",
  SUCCEEDED: "succeeded",
  FAILED: "failed",
  CANCELLED: "cancelled",
};

/** A workgroup. It decides where results go, and how much a query may scan. */
export class AthenaWorkgroup implements QueryService {
  readonly name: string;
  readonly #database: string;
  readonly #results: string;
  readonly #client: AthenaClient;

  /**
   * @param database The database of Glue with the lake's tables.
   * @param results The address of a folder for what Athena says of queries, if the workgroup does not choose it.
   * @param maxAttempts The most times that a call is made that fails in a way that may pass.
   */
  constructor(
    name: string,
    database: string,
    results: string,
    { region, endpoints }: LakeSettings,
    maxAttempts: number = defaultAttempts,
  ) {
    this.name = name;
    this.#database = database;
    this.#results = results;
    this.#client = new AthenaClient({
      maxAttempts,
      // Without them, a network that has no way to Athena would stop a run until its time is up.
      requestHandler: { connectionTimeout: 5_000, requestTimeout: 30_000 },
      ...(region !== undefined && { region }),
      ...(endpoints?.athena !== undefined && { endpoint: endpoints.athena }),
    });
  }

  async start(sql: string, token: string): Promise<string> {
    const input = {
      QueryString: sql,
      ClientRequestToken: token,
      QueryExecutionContext: { Catalog: "AwsDataCatalog", Database: this.#database },
      ResultConfiguration: { OutputLocation: this.#results },
      WorkGroup: this.name,
    };
    try {
      const { QueryExecutionId = "" } = await this.#client.send(
        new StartQueryExecutionCommand(input),
      );
      return QueryExecutionId;
    } catch (error) {
      if (error instanceof InvalidRequestException) {
        throw new QueryRefusedError(error.message, false, { cause: error });
      }
      const isBusy =
        error instanceof TooManyRequestsException ||
        error instanceof InternalServerException ||
        (error instanceof Error && busyNames.includes(error.name));
      throw isBusy
        ? new QueryRefusedError(error.message, true, { cause: error })
        : new AthenaError(this.name, "start a query", error);
    }
  }

  async status(query: string): Promise<QueryStatus | undefined> {
    try {
      const { QueryExecution } = await this.#client.send(
        new GetQueryExecutionCommand({ QueryExecutionId: query }),
      );
      return QueryExecution && statusOf(QueryExecution);
    } catch (error) {
      if (error instanceof InvalidRequestException) {
        return undefined;
      }
      throw new AthenaError(this.name, `ask for query ${query}`, error);
    }
  }

  async stop(query: string): Promise<void> {
    try {
      await this.#client.send(new StopQueryExecutionCommand({ QueryExecutionId: query }));
    } catch (error) {
      if (!(error instanceof InvalidRequestException)) {
        throw new AthenaError(this.name, `stop query ${query}`, error);
      }
    }
  }
}

function statusOf({ Status = {}, Statistics = {} }: QueryExecution): QueryStatus {
  const { State = "", StateChangeReason, AthenaError: failure } = Status;
  const manifest = Statistics.DataManifestLocation;
  return {
    state: states[State] ?? "running",
    bytesScanned: Statistics.DataScannedInBytes ?? 0,
    milliseconds: Statistics.TotalExecutionTimeInMillis ?? 0,
    ...(manifest !== undefined && { manifest }),
    ...(StateChangeReason !== undefined && { reason: StateChangeReason }),
    ...(failure !== undefined && { isRetryable: failure.Retryable === true }),
  };
}
