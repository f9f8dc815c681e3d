/** A package registry that notes who asks, and sends everyone to the registry that npm uses on this machine. */
import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { execa } from "execa";

export interface WatchedRegistry {
  /** An `.npmrc` that names it. */
  readonly npmrc: string;
  /** The programs that asked: `npm`, `pnpm`. */
  readonly clients: ReadonlySet<string>;
}

/** Starts it for as long as this process runs. @param folder For the `.npmrc`. */
export async function watchedRegistry(folder: string): Promise<WatchedRegistry> {
  const { stdout: real } = await execa("npm", ["config", "get", "registry"]);
  const clients = new Set<string>();
  const server = createServer((request, response) => {
    clients.add(/^\w+/.exec(request.headers["user-agent"] ?? "")?.[0] ?? "");
    const location = new URL(request.url?.slice(1) ?? "", real).href;
    response.writeHead(307, { location }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  server.unref();
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  const npmrc = join(folder, "npmrc");
  await writeFile(npmrc, `registry=http://127.0.0.1:${port}/\n`);
  return { npmrc, clients };
}
