/** A proxy between a function and S3 that fails like S3, as planned. */
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
  /** 500 InternalError, without doing anything. */
  | "internal error"
  /** 503 SlowDown, without doing anything. */
  | "slow down"
  /** 500 InternalError, although the request was carried out. */
  | "lost answer";

/** Decides whether a request fails, and how. */
export type FaultPlan = (method: string, path: string) => Fault | undefined;

const answers = {
  "internal error": { status: 500, code: "InternalError" },
  "slow down": { status: 503, code: "SlowDown" },
  "lost answer": { status: 500, code: "InternalError" },
} as const satisfies Record<Fault, { status: number; code: string }>;

/** A running proxy. */
export interface FaultyProxy extends AsyncDisposable {
  readonly endpoint: string;
  /** How many requests have failed, by fault. */
  readonly faults: Readonly<Record<Fault, number>>;
}

/** @param endpoint Where it forwards requests: the emulator. */
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
      // The Host header stays, because the signature covers it.
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
