/** Stands in for Lambda's Invoke where a state machine calls it: passes each invocation to whoever serves the functions. */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import type { Outcome } from "@lakehouse/docker/testing/execution-environment";

/** Handles an invocation of a function. */
export type Serve = (functionName: string, event: unknown) => Promise<Outcome>;

/** What Lambda's callers get for an invocation that did not succeed. */
const errorTypes = {
  "init failed": "Runtime.ExitError",
  "timed out": "Sandbox.Timedout",
  crashed: "Runtime.ExitError",
} as const;

/** A server on this machine. */
export class FunctionHost {
  readonly #server: Server;
  #serve: Serve = (name) => Promise.reject(new Error(`Nobody serves ${name}.`));

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<FunctionHost> {
    const server = createServer();
    const host = new FunctionHost(server);
    server.on("request", (request, response) => {
      const arn = decodeURIComponent(request.url?.slice(1) ?? "");
      const [, name = arn] = /:function:([^:]+)/.exec(arn) ?? [];
      json(request)
        .then((event) => host.#serve(name, event))
        .then((outcome) => {
          if (outcome.kind === "succeeded") {
            response.end(JSON.stringify(outcome.response));
            return;
          }
          response.setHeader("x-amz-function-error", "Unhandled");
          response.end(
            JSON.stringify(
              outcome.kind === "failed"
                ? outcome.error
                : { errorType: errorTypes[outcome.kind], errorMessage: `${name} ${outcome.kind}` },
            ),
          );
        })
        .catch((error: unknown) => response.writeHead(500).end(String(error)));
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return host;
  }

  /** `http://127.0.0.1:PORT`. */
  get address(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${port}`;
  }

  /** From now on invocations go there. */
  serve(serve: Serve): void {
    this.#serve = serve;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
