/** Serves the page over a lake in memory, with the Content-Security-Policy of the real server. */
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import {
  paths,
  type QueryRequest,
  type ReportData,
  type RowsPage,
  type RowsRequest,
} from "@lakehouse/page/data";
import { pageFolder } from "../../src/page-build.ts";
import { million, millionRows, rowAt } from "./fake-lake.ts";

const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
};

/** A server that was started. */
export interface FakeServer {
  readonly url: string;
  readonly close: () => Promise<void>;
}

/** Starts the server on a free port of this machine. */
export async function serveFake(report: ReportData): Promise<FakeServer> {
  const server = createServer((request, response) => {
    answer(report, request, response).catch((error: unknown) => {
      response.writeHead(500).end(String(error));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  report: ReportData,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? "/", "http://localhost");
  const path = url.pathname.slice(1);
  const asked: unknown = JSON.parse(url.searchParams.get("request") ?? "null");
  const json = (value: unknown, status = 200) => {
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
  };
  switch (path) {
    case paths.lake:
      return json(report.lake);
    case paths.flow:
      return json(report.flow);
    case paths.refusals:
      return json(report.refusals);
    case paths.quarantine:
      return json({ total: report.refused.length, records: report.refused });
    case paths.history:
      return json(report.history[asked as string] ?? []);
    case paths.audit:
      return json(report.audit);
    case paths.rows:
      return json(rowsOf(report, asked as RowsRequest));
    case paths.chart:
      return json({
        mark: "line",
        step: "day",
        points: report.refusals.tables[0]?.days.map(({ day, records }) => ({ x: day, y: records })),
        others: 0,
      });
    case paths.query:
      return json(...(await queryAnswer(report, request)));
    default:
      return send(path, response);
  }
}

function rowsOf(report: ReportData, { relation, offset, limit }: RowsRequest): RowsPage {
  const page = report.rows[relation] ?? report.rows["orders"];
  if (page === undefined) {
    throw new TypeError(`no rows of ${relation}`);
  }
  if (relation !== million) {
    return { ...page, rows: page.rows.slice(offset, offset + limit) };
  }
  const count = Math.max(0, Math.min(limit, millionRows - offset));
  const rows = Array.from({ length: count }, (_, index) => rowAt(offset + index));
  return { ...page, rows, total: millionRows };
}

async function queryAnswer(
  report: ReportData,
  request: IncomingMessage,
): Promise<[value: unknown, status?: number]> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) {
    chunks.push(chunk as Uint8Array);
  }
  const { sql } = JSON.parse(Buffer.concat(chunks).toString()) as QueryRequest;
  if (sql.includes("wrong")) {
    const message = 'Table "wrong" does not exist.';
    return [{ message, hint: "Did you mean orders?", line: 1, column: 15 }, 400];
  }
  if (sql.includes("slow")) {
    await new Promise((resolve) => request.socket.once("close", resolve));
  }
  const { columns, rows } = report.rows["orders"] ?? { columns: [], rows: [] };
  return [{ columns, rows, isCut: false, limit: 10_000, milliseconds: 12 }];
}

async function send(path: string, response: ServerResponse): Promise<void> {
  const file = join(pageFolder, "live", normalize(path === "" ? "index.html" : path));
  const content = await readFile(file).catch(() => undefined);
  if (content === undefined) {
    response.writeHead(404).end();
    return;
  }
  response
    .writeHead(200, {
      "content-type": types[extname(file)] ?? "application/octet-stream",
      "content-security-policy": policy,
    })
    .end(content);
}
