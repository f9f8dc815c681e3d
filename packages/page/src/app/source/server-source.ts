/** Asks the server that sent the page. */
import {
  type AuditData,
  type ChartData,
  type ChartRequest,
  type ErrorData,
  type FlowData,
  type LakeData,
  type LakeSource,
  paths,
  type QuarantinePage,
  type QuarantineRequest,
  type QueryRequest,
  type QueryResult,
  type RefusalsData,
  type RowsPage,
  type RowsRequest,
  type VersionData,
} from "../../data.ts";
import { SourceError } from "./source-error.ts";

/** A lake behind `lakehouse ui`. */
export class ServerSource implements LakeSource {
  readonly #base: string;

  /** @param base The page's address. */
  constructor(base: string) {
    this.#base = base;
  }

  lake(): Promise<LakeData> {
    return this.#get<LakeData>(paths.lake);
  }

  flow(): Promise<FlowData> {
    return this.#get<FlowData>(paths.flow);
  }

  refusals(): Promise<RefusalsData> {
    return this.#get<RefusalsData>(paths.refusals);
  }

  quarantine(request: QuarantineRequest): Promise<QuarantinePage> {
    return this.#get<QuarantinePage>(paths.quarantine, request);
  }

  rows(request: RowsRequest): Promise<RowsPage> {
    return this.#get<RowsPage>(paths.rows, request);
  }

  history(table: string): Promise<readonly VersionData[]> {
    return this.#get<readonly VersionData[]>(paths.history, table);
  }

  audit(signal?: AbortSignal): Promise<AuditData | null> {
    return this.#get<AuditData | null>(paths.audit, undefined, signal);
  }

  chart(request: ChartRequest): Promise<ChartData> {
    return this.#get<ChartData>(paths.chart, request);
  }

  query(sql: string, signal?: AbortSignal): Promise<QueryResult> {
    const body: QueryRequest = { sql };
    return this.#ask<QueryResult>(new URL(paths.query, this.#base), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      ...(signal !== undefined && { signal }),
    });
  }

  #get<T>(path: string, request?: unknown, signal?: AbortSignal): Promise<T> {
    const url = new URL(path, this.#base);
    if (request !== undefined) {
      url.searchParams.set("request", JSON.stringify(request));
    }
    return this.#ask<T>(url, signal === undefined ? {} : { signal });
  }

  async #ask<T>(url: URL, options: RequestInit): Promise<T> {
    const response = await fetch(url, options).catch((error: unknown) => {
      if (error instanceof DOMException && error.name === "AbortError") {
        throw error;
      }
      throw new SourceError({
        message: "The server does not answer.",
        hint: "Start lakehouse ui again, and reload this page.",
        line: null,
        column: null,
      });
    });
    if (!response.ok) {
      throw new SourceError(await errorOf(response));
    }
    return (await response.json()) as T;
  }
}

async function errorOf(response: Response): Promise<ErrorData> {
  const fallback = {
    message: `The server answered with status ${response.status}.`,
    hint: null,
    line: null,
    column: null,
  };
  const body: unknown = await response.json().catch(() => null);
  const isError = typeof body === "object" && body !== null && "message" in body;
  return isError ? { ...fallback, ...(body as ErrorData) } : fallback;
}
