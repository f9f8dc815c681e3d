/**
 * Athena's API over a real Trino, as far as gold runs use it: it starts, describes and stops queries, with tokens, quotas and
 * limits as AWS documents them.
 */
import { hash, randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { text } from "node:stream/consumers";
import { execute, type QueriesOptions, type Query } from "./queries.ts";

/** The most bytes of a statement. */
const mostStatementBytes = 262_144;

/** An emulated Athena. */
export interface Athena extends Omit<QueriesOptions, "scanLimit" | "gate"> {
  readonly endpoint: string;
  /** All queries, in the order of their starts. */
  readonly queries: readonly Query[];
  /** The number of starts to refuse because of too many requests. */
  throttle: number;
  scanLimit: number;
  gate: Promise<unknown>;
  stop(): Promise<void>;
}

/** An error of the API. */
class ApiError extends Error {
  readonly type: string;

  constructor(type: string, message: string) {
    super(message);
    this.type = type;
  }
}

interface StartInput {
  readonly QueryString: string;
  readonly ClientRequestToken?: string;
  readonly QueryExecutionContext?: { readonly Database?: string };
  readonly ResultConfiguration?: { readonly OutputLocation?: string };
  readonly WorkGroup?: string;
}

interface QueryInput {
  readonly QueryExecutionId: string;
}

/** Starts it on a free port of this machine. */
export async function startAthena(
  options: Pick<QueriesOptions, "address" | "tables" | "files" | "stores">,
): Promise<Athena> {
  const queries: Query[] = [];
  const tokens = new Map<string, { readonly id: string; readonly digest: string }>();
  const server = createServer((request, response) => {
    void answerTo(request).then(({ status, body }) => {
      response
        .writeHead(status, { "content-type": "application/x-amz-json-1.1" })
        .end(JSON.stringify(body));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const athena: Athena = {
    ...options,
    endpoint: addressOf(server),
    queries,
    outcomes: [],
    throttle: 0,
    scanLimit: Number.POSITIVE_INFINITY,
    gate: Promise.resolve(),
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return athena;

  async function answerTo(request: IncomingMessage): Promise<{ status: number; body: object }> {
    const action = String(request.headers["x-amz-target"]).split(".").at(-1);
    try {
      const input: unknown = JSON.parse(await text(request));
      return { status: 200, body: answer(action, input) };
    } catch (error) {
      const { type, message } =
        error instanceof ApiError ? error : new ApiError("InternalServerException", String(error));
      return {
        status: type === "InternalServerException" ? 500 : 400,
        body: { __type: type, message },
      };
    }
  }

  function answer(action: string | undefined, input: unknown): object {
    switch (action) {
      case "StartQueryExecution":
        return { QueryExecutionId: start(input as StartInput) };
      case "GetQueryExecution":
        return { QueryExecution: described(find(input as QueryInput)) };
      case "StopQueryExecution":
        find(input as QueryInput).isStopped = true;
        return {};
      default:
        throw new ApiError("UnknownOperationException", String(action));
    }
  }

  function start(input: StartInput): string {
    const { QueryString: sql, ClientRequestToken: token = "" } = input;
    if (token.length < 32 || token.length > 128) {
      throw new ApiError("InvalidRequestException", "clientRequestToken has a wrong length");
    }
    if (Buffer.byteLength(sql) > mostStatementBytes) {
      throw new ApiError("InvalidRequestException", "queryString is longer than 262144 bytes");
    }
    if (!/^\s*(UNLOAD|INSERT|SELECT|WITH|CREATE|DROP|EXPLAIN)\b/i.test(sql)) {
      throw new ApiError(
        "InvalidRequestException",
        "line 1:1: mismatched input. Expecting: 'SELECT', …",
      );
    }
    if (athena.throttle > 0) {
      athena.throttle -= 1;
      throw new ApiError(
        "TooManyRequestsException",
        "You have exceeded the limit for the number of queries you can run concurrently.",
      );
    }
    const { ClientRequestToken: _, ...parameters } = input;
    const digest = hash("sha256", JSON.stringify(parameters));
    const known = tokens.get(token);
    if (known !== undefined) {
      if (known.digest !== digest) {
        throw new ApiError("InvalidRequestException", "Idempotent parameters do not match");
      }
      return known.id;
    }
    const query: Query = {
      id: randomUUID(),
      sql,
      workgroup: input.WorkGroup ?? "primary",
      submitted: Date.now(),
      state: "QUEUED",
      bytes: 0,
      isStopped: false,
    };
    queries.push(query);
    tokens.set(token, { id: query.id, digest });
    const database = input.QueryExecutionContext?.Database ?? "default";
    void execute(query, database, input.ResultConfiguration?.OutputLocation ?? "", athena);
    return query.id;
  }

  function find({ QueryExecutionId: id }: QueryInput): Query {
    const query = queries.find((each) => each.id === id);
    if (query === undefined) {
      throw new ApiError("InvalidRequestException", `QueryExecution ${id} was not found`);
    }
    return query;
  }
}

function described(query: Query): object {
  const {
    id,
    sql,
    workgroup,
    submitted,
    state,
    reason,
    isRetryable = false,
    bytes,
    ended,
    manifest,
  } = query;
  const milliseconds = (ended ?? Date.now()) - submitted;
  return {
    QueryExecutionId: id,
    Query: sql,
    StatementType: "DML",
    WorkGroup: workgroup,
    Status: {
      State: state,
      StateChangeReason: reason,
      SubmissionDateTime: submitted / 1000,
      ...(ended !== undefined && { CompletionDateTime: ended / 1000 }),
      ...(state === "FAILED" && {
        AthenaError: { ErrorCategory: 2, ErrorMessage: reason, Retryable: isRetryable },
      }),
    },
    Statistics: {
      DataScannedInBytes: bytes,
      TotalExecutionTimeInMillis: milliseconds,
      ...(manifest !== undefined && { DataManifestLocation: manifest }),
    },
  };
}

function addressOf(server: Server): string {
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
}
