/** Runs statements on Trino over its HTTP interface. */
import { setTimeout as sleep } from "node:timers/promises";
import { ReaderError } from "../errors.ts";

/** A value as Trino's JSON has it. Whole numbers beyond 2^53 are strings. */
export type TrinoValue = null | boolean | number | string | readonly TrinoValue[];

/** The rows of a statement. */
export interface TrinoRows {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: readonly (readonly TrinoValue[])[];
}

interface Answer {
  readonly nextUri?: string;
  readonly columns?: TrinoRows["columns"];
  readonly data?: TrinoRows["rows"];
  readonly error?: { readonly message: string };
}

/** A server that has just started may not have found itself yet as a node that runs a catalog's queries. */
const noNodes = "No nodes available to run query";
const patienceMilliseconds = 60_000;

/** Runs statements in one catalog and schema. */
export class Client {
  readonly #address: string;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(address: string, catalog: string, schema: string) {
    this.#address = address;
    this.#headers = {
      "X-Trino-User": "test",
      "X-Trino-Catalog": catalog,
      "X-Trino-Schema": schema,
      "X-Trino-Time-Zone": "UTC",
      // Otherwise timestamps are rounded to milliseconds on the wire.
      "X-Trino-Client-Capabilities": "PARAMETRIC_DATETIME",
    };
  }

  /** @throws ReaderError with Trino's message. */
  async run(sql: string): Promise<TrinoRows> {
    const started = Date.now();
    for (;;) {
      try {
        return await this.#runOnce(sql);
      } catch (error) {
        const isEarly = error instanceof ReaderError && error.message.includes(noNodes);
        if (!isEarly || Date.now() - started > patienceMilliseconds) {
          throw error;
        }
        await sleep(200);
      }
    }
  }

  async #runOnce(sql: string): Promise<TrinoRows> {
    let answer = await this.#call(`${this.#address}/v1/statement`, { method: "POST", body: sql });
    let columns: TrinoRows["columns"] = [];
    const rows: (readonly TrinoValue[])[] = [];
    for (;;) {
      columns = answer.columns ?? columns;
      rows.push(...(answer.data ?? []));
      if (answer.error !== undefined) {
        throw new ReaderError(answer.error.message);
      }
      if (answer.nextUri === undefined) {
        return { columns, rows };
      }
      answer = await this.#call(answer.nextUri, {});
    }
  }

  async #call(address: string, request: RequestInit): Promise<Answer> {
    const response = await fetch(address, { ...request, headers: this.#headers });
    const text = await response.text();
    if (!response.ok) {
      throw new ReaderError(`Trino answered ${response.status}: ${text}`);
    }
    return JSON.parse(text, exact) as Answer;
  }
}

/** Keeps the digits of whole numbers that a double can't hold. */
function exact(_: string, value: unknown, { source = "" }: { source?: string } = {}): unknown {
  return typeof value === "number" && !Number.isSafeInteger(value) && /^-?\d+$/.test(source)
    ? source
    : value;
}
