/** The HTTP interface of the page: its files, and its questions about the lake. It only reads. */
import { type ErrorData, paths, type QueryRequest } from "@lakehouse/page/data";
import { exitCodes } from "@lakehouse/transforms/errors";
import { Hono, type MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { compress } from "hono/compress";
import * as z from "zod";
import { UsageError } from "../../errors.ts";
import { failureOf } from "../../exit.ts";
import { guarded, secured } from "./guard.ts";
import type { LiveLake } from "./live-lake.ts";
import type { PageFile } from "./page-files.ts";
import { positionOf } from "./position.ts";

const maximumBody = 1_048_576;
const filters = z.array(
  z.union([
    z.strictObject({ column: z.string(), operator: z.enum(["is null", "is not null"]) }),
    z.strictObject({
      column: z.string(),
      operator: z.enum(["=", "<>", "<", "<=", ">", ">=", "contains"]),
      value: z.string(),
    }),
  ]),
);
const offset = z.int().min(0);
const rowsRequest = z.strictObject({
  relation: z.string(),
  sort: z.exactOptional(z.array(z.strictObject({ column: z.string(), descending: z.boolean() }))),
  filters: z.exactOptional(filters),
  offset,
  limit: z.int().min(0).max(1_000),
});
const quarantineRequest = z.strictObject({
  table: z.string(),
  column: z.exactOptional(z.string().nullable()),
  rule: z.exactOptional(z.string()),
  day: z.exactOptional(z.string()),
  offset,
  limit: z.int().min(0).max(200),
});
const chartRequest = z.strictObject({
  relation: z.string(),
  filters: z.exactOptional(filters),
  x: z.string(),
  y: z.exactOptional(z.string()),
  aggregate: z.exactOptional(z.enum(["sum", "mean", "min", "max"])),
});
const queryRequest = z.strictObject({ sql: z.string() });

/** What the page is served from. */
export interface PageServer {
  readonly live: LiveLake;
  readonly files: ReadonlyMap<string, PageFile>;
  /** The port that the server listens on. */
  readonly port: () => number;
  /** What a user types before a command's name. */
  readonly commandLine: string;
}

export function pageApp({ live, files, port, commandLine }: PageServer): Hono {
  const app = new Hono();
  app.use(secured, guarded(port), readingOnly, compress());
  const get = (path: string, answer: (request: unknown, signal: AbortSignal) => Promise<unknown>) =>
    app.get(`/${path}`, async (context) => {
      const { signal } = context.req.raw;
      const result = await answer(requestIn(context.req.query("request")), signal);
      return context.json(result as object, 200, { "cache-control": "no-store" });
    });
  get(paths.lake, () => live.lake());
  get(paths.flow, () => live.flow());
  get(paths.refusals, (_, signal) => live.refusals(signal));
  get(paths.quarantine, (request, signal) =>
    live.quarantine(parsed(quarantineRequest, request), signal),
  );
  get(paths.rows, (request, signal) => live.rows(parsed(rowsRequest, request), signal));
  get(paths.chart, (request, signal) => live.chart(parsed(chartRequest, request), signal));
  get(paths.history, (request) => live.history(parsed(z.string(), request)));
  get(paths.audit, (_, signal) => live.audit(signal));
  app.post(
    `/${paths.query}`,
    bodyLimit({ maxSize: maximumBody, onError: (context) => context.text("Too long.\n", 413) }),
    async (context) => {
      if (!/^application\/json\b/.test(context.req.header("content-type") ?? "")) {
        return context.text("Send application/json.\n", 415);
      }
      const body: unknown = await context.req.json().catch(() => undefined);
      const { sql }: QueryRequest = parsed(queryRequest, body);
      const result = await live.query(sql, context.req.raw.signal);
      return context.json(result, 200, { "cache-control": "no-store" });
    },
  );
  app.get("*", async (context) => {
    const path = context.req.path.slice(1);
    const file = files.get(path === "" ? "index.html" : path);
    if (file === undefined) {
      return context.text("There is no such page.\n", 404);
    }
    const body = new Uint8Array(await file.read());
    return context.body(body, 200, { "content-type": file.type, "cache-control": "no-cache" });
  });
  app.onError((error, context) => {
    const { message, hint = null, exitCode } = failureOf(error, commandLine);
    const answer: ErrorData = { message, hint, ...positionOf(error) };
    return context.json(answer, exitCode === exitCodes.usage ? 400 : 500);
  });
  return app;
}

/** The page reads: it has one POST, for queries that are too long for an address. */
const readingOnly: MiddlewareHandler = async (context, next) => {
  const allowed = context.req.path === `/${paths.query}` ? ["POST"] : ["GET", "HEAD"];
  if (!allowed.includes(context.req.method)) {
    return context.text("The page only reads.\n", 405, { allow: allowed.join(", ") });
  }
  return await next();
};

function requestIn(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    throw invalidRequest("it is not JSON");
  }
}

function parsed<T>(schema: z.ZodType<T>, request: unknown): T {
  const { data, error } = schema.safeParse(request);
  if (error !== undefined) {
    throw invalidRequest(z.prettifyError(error).replaceAll(/\s+/g, " "));
  }
  return data as T;
}

function invalidRequest(problem: string): UsageError {
  return new UsageError(
    `The page asked for something that this server does not know (${problem})`,
    "Reload the page. It may be of another version.",
  );
}
