/** Runs one statement on Trino as Athena does: it says how much was read, and can be stopped on its way. */

/** A column of a result. */
interface Column {
  readonly name: string;
  readonly type: string;
}

/** The rows of a statement. */
export interface Result {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly unknown[])[];
}

/** Trino refused a statement, or could not run it. */
export class StatementError extends Error {
  override readonly name = "StatementError";
  /** `DIVISION_BY_ZERO`. */
  readonly code: string;
  /** `USER_ERROR`, `INTERNAL_ERROR`, … */
  readonly kind: string;

  constructor({ errorName, errorType, message }: TrinoError) {
    super(`${errorName}: ${message}`);
    this.code = errorName;
    this.kind = errorType;
  }
}

interface TrinoError {
  readonly errorName: string;
  readonly errorType: string;
  readonly message: string;
}

interface Answer {
  readonly nextUri?: string;
  readonly columns?: readonly Column[];
  readonly data?: readonly (readonly unknown[])[];
  readonly stats?: { readonly physicalInputBytes?: number };
  readonly error?: TrinoError;
}

/** Where a statement runs. */
export interface Place {
  /** Of Trino. */
  readonly address: string;
  readonly catalog: string;
  readonly schema: string;
}

/**
 * Runs a statement.
 *
 * @param onRead Receives the bytes that it has read so far. Returns why it must stop, if it must.
 * @throws StatementError
 */
export async function runStatement(
  { address, catalog, schema }: Place,
  sql: string,
  onRead: (bytes: number) => Error | undefined = () => undefined,
): Promise<Result> {
  const headers = {
    "X-Trino-User": "athena",
    "X-Trino-Catalog": catalog,
    "X-Trino-Schema": schema,
    "X-Trino-Time-Zone": "UTC",
    "X-Trino-Client-Capabilities": "PARAMETRIC_DATETIME",
  };
  const call = async (uri: string, request: RequestInit): Promise<Answer> => {
    const response = await fetch(uri, { ...request, headers });
    return (await response.json()) as Answer;
  };
  let answer = await call(`${address}/v1/statement`, { method: "POST", body: sql });
  const rows: (readonly unknown[])[] = [];
  let columns: readonly Column[] = [];
  for (;;) {
    if (answer.error !== undefined) {
      throw new StatementError(answer.error);
    }
    columns = answer.columns ?? columns;
    rows.push(...(answer.data ?? []));
    const stopped = onRead(answer.stats?.physicalInputBytes ?? 0);
    if (stopped !== undefined) {
      if (answer.nextUri !== undefined) {
        await fetch(answer.nextUri, { method: "DELETE", headers });
      }
      throw stopped;
    }
    if (answer.nextUri === undefined) {
      return { columns, rows };
    }
    answer = await call(answer.nextUri, {});
  }
}
