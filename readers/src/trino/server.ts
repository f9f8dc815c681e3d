/** Starts Trino as a process. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ReaderError } from "../errors.ts";
import { findJava } from "../java.ts";
import { Client } from "./client.ts";
import { installTrino, javaVersions } from "./install.ts";

/** A running Trino. */
export interface Trino {
  readonly address: string;
  /** Runs statements in a catalog and a schema. */
  client(catalog: string, schema: string): Client;
  stop(): Promise<void>;
}

/** A file of Java properties. */
export type Properties = Readonly<Record<string, string>>;

const patienceMilliseconds = 120_000;
/** Writing the archive of loaded classes takes some seconds, once. */
const shutdownMilliseconds = 120_000;
/** A small heap, and only the compiler that is quick to start. */
const virtualMachine = [
  "-Xmx768M",
  "-XX:TieredStopAtLevel=1",
  "-XX:+UseSerialGC",
  "-Djdk.attach.allowAttachSelf=true",
  "-Djdk.nio.maxCachedBufferSize=2000000",
  "-Dfile.encoding=UTF-8",
  "-Duser.timezone=UTC",
];

/**
 * Starts Trino on a free port of this machine.
 *
 * @param catalogs The properties of each catalog, by its name.
 * @throws ReaderUnavailableError if it, or its Java, is missing and can't be installed.
 */
export async function startTrino(catalogs: Readonly<Record<string, Properties>>): Promise<Trino> {
  const java = await findJava(javaVersions);
  const home = await installTrino();
  const folder = await mkdtemp(join(tmpdir(), "trino-"));
  const address = `http://127.0.0.1:${await freePort()}`;
  const configuration = await configure(folder, home, address, catalogs);
  const settings = {
    "node.environment": "test",
    "node.id": "one",
    "node.data-dir": join(folder, "data"),
    // Otherwise it calls itself through an address that other machines can reach.
    "node.internal-address": "127.0.0.1",
    "node.bind-ip": "127.0.0.1",
    config: configuration,
  };
  // The first run leaves its loaded classes, which saves later ones half of their start.
  const archive = ["-XX:+AutoCreateSharedArchive", `-XX:SharedArchiveFile=${home}/classes.jsa`];
  const child = spawn(
    java,
    [
      ...virtualMachine,
      ...archive,
      ...Object.entries(settings).map(([name, value]) => `-D${name}=${value}`),
      "-cp",
      join(home, "lib", "*"),
      "io.trino.server.TrinoServer",
    ],
    // It writes logs into its working directory.
    { cwd: folder, stdio: ["ignore", "pipe", "pipe"] },
  );
  process.once("exit", () => child.kill("SIGKILL"));
  const output = lastLines(child);
  const stop = async (): Promise<void> => {
    await end(child);
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  };
  const started = Date.now();
  while (!(await isReady(address))) {
    if (child.exitCode !== null || Date.now() - started > patienceMilliseconds) {
      await stop();
      throw new ReaderError(`Trino did not start:\n${output.join("")}`);
    }
    await sleep(100);
  }
  return { address, client: (catalog, schema) => new Client(address, catalog, schema), stop };
}

/** Writes the configuration. @returns The path of its main file. */
async function configure(
  folder: string,
  home: string,
  address: string,
  catalogs: Readonly<Record<string, Properties>>,
): Promise<string> {
  const catalogFolder = join(folder, "catalog");
  await mkdir(catalogFolder);
  for (const [name, properties] of Object.entries(catalogs)) {
    await writeFile(join(catalogFolder, `${name}.properties`), propertiesText(properties));
  }
  const path = join(folder, "config.properties");
  const properties = {
    coordinator: "true",
    "node-scheduler.include-coordinator": "true",
    "http-server.http.port": new URL(address).port,
    "discovery.uri": address,
    "query.max-memory": "256MB",
    "query.max-memory-per-node": "256MB",
    "plugin.dir": join(home, "plugin"),
    "catalog.config-dir": catalogFolder,
  };
  await writeFile(path, propertiesText(properties));
  return path;
}

function propertiesText(properties: Properties): string {
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${value}\n`)
    .join("");
}

async function isReady(address: string): Promise<boolean> {
  try {
    const answer = await fetch(`${address}/v1/info`, { signal: AbortSignal.timeout(2_000) });
    return ((await answer.json()) as { starting?: boolean }).starting === false;
  } catch {
    return false;
  }
}

function lastLines(child: ChildProcess): string[] {
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => {
      if (output.push(text) > 50) {
        output.shift();
      }
    });
  }
  return output;
}

/** Asks it to end, so that it can leave its loaded classes. */
async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) {
    return;
  }
  const closed = once(child, "close");
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), shutdownMilliseconds);
  await closed;
  clearTimeout(timer);
}

/** A port of 127.0.0.1 that nothing listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}
