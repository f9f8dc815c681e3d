/** Stands between a function and S3, and fails like S3 when it is told to. */
import { once } from "node:events";
import {
  createServer,
  type IncomingMessage,
  type ServerResponse,
  request as send,
} from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

/** How a request fails. */
export type Fault =
  /** 500 InternalError, and nothing was done. */
  | "internal error"
  /** 503 SlowDown, and nothing was done. */
  | "slow down"
  /** 500 InternalError, though what was asked for has been done. */
  | "lost answer";

/** Decides of each request whether it fails. */
export type FaultPlan = (method: string, path: string) => Fault | undefined;

const answers = {
  "internal error": { status: 500, code: "InternalError" },
  "slow down": { status: 503, code: "SlowDown" },
  "lost answer": { status: 500, code: "InternalError" },
} as const satisfies Record<Fault, { status: number; code: string }>;

/** A running proxy. */
export interface FaultyProxy extends AsyncDisposable {
  readonly endpoint: string;
  /** How many requests failed so far, by how. */
  readonly faults: Readonly<Record<Fault, number>>;
}

/** @param endpoint What stands behind it: the emulator. */
export async function startFaultyProxy(endpoint: string, plan: FaultPlan): Promise<FaultyProxy> {
  const faults = { "internal error": 0, "slow down": 0, "lost answer": 0 };
  const server = createServer((request, response) => {
    forward(request, response).catch(() => response.destroy());
  });
  const forward = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = "", url = "", headers } = request;
    const body = await buffer(request);
    const fault = plan(method, url);
    if (fault !== undefined) {
      faults[fault]++;
    }
    if (fault === undefined || fault === "lost answer") {
      // The Host header stays as it was, for the signature covers it.
      const forwarded = send(new URL(url, endpoint), { method, headers });
      forwarded.end(body);
      const [answer] = (await once(forwarded, "response")) as [IncomingMessage];
      if (fault === undefined) {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
        return;
      }
      answer.resume();
      await once(answer, "end");
    }
    const { status, code } = answers[fault];
    response.writeHead(status, { "Content-Type": "application/xml" });
    response.end(
      method === "HEAD" ? "" : `<Error><Code>${code}</Code><Message>${fault}</Message></Error>`,
    );
  };
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    faults,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
