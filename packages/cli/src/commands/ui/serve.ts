/** Serves the page on this machine until the signal is aborted. */
import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import type { Context } from "../../context.ts";
import { UsageError } from "../../errors.ts";
import { LiveLake } from "./live-lake.ts";
import { pageApp } from "./page-app.ts";
import { findPageFiles } from "./page-files.ts";

/** Only programs on this machine can connect. */
const hostname = "127.0.0.1";

/** How to serve it. */
export interface ServeOptions {
  /** 0 for any free one. */
  readonly port: number;
  /** Shows an address in the browser; absent to leave that to the user. */
  readonly show?: ((address: string) => Promise<void>) | undefined;
}

/** @returns What to print: the address first. */
export async function* serve(
  context: Context,
  { port, show }: ServeOptions,
): AsyncGenerator<string> {
  const files = await findPageFiles(context.page);
  using live = new LiveLake(context);
  const { commandLine, signal } = context;
  let listening = port;
  const app = pageApp({ live, files, commandLine, port: () => listening });
  const server = createAdaptorServer({ fetch: app.fetch }) as Server;
  const stop = (): void => {
    server.close();
    server.closeAllConnections();
  };
  try {
    await listen(server, port);
    listening = (server.address() as AddressInfo).port;
    const address = `http://${hostname}:${listening}/`;
    signal.addEventListener("abort", stop);
    // The browser asks for it first.
    live.lake().catch(() => {});
    yield `${address}\n`;
    await show?.(address);
    if (!signal.aborted) {
      await once(server, "close");
    }
  } finally {
    signal.removeEventListener("abort", stop);
    stop();
  }
}

async function listen(server: Server, port: number): Promise<void> {
  server.listen({ port, host: hostname });
  try {
    await once(server, "listening");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "EADDRINUSE" || code === "EACCES") {
      throw new UsageError(
        code === "EACCES"
          ? `Port ${port} is not free for you`
          : `Something else already uses port ${port}`,
        "Name another one with --port, or leave it out: any free one is then used.",
      );
    }
    throw error;
  }
}
