/** Starts PostgreSQL, and Debezium Server that follows it. */
import { chown, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa, type Options } from "execa";
import { installed } from "./cache.ts";
import { ReaderError, ReaderUnavailableError } from "./errors.ts";
import { findJava } from "./java.ts";
import { download } from "./maven.ts";
import { freePort } from "./trino/server.ts";

const version = "3.6.0.Final";
/** Its classes are compiled for Java 21. */
const javaVersions = { minimum: 21 };
const virtualMachine = [
  "-Xmx512M",
  "-XX:TieredStopAtLevel=1",
  "-XX:+UseSerialGC",
  // Java 24 and later need it, as its manifest says.
  "--add-opens=java.base/java.lang=ALL-UNNAMED",
];
/** Where Debian's packages put each version of PostgreSQL. */
const postgresVersions = "/usr/lib/postgresql";
const patienceMilliseconds = 60_000;

/** A program that runs until it is stopped. */
export interface Program {
  isRunning(): boolean;
  /** The end of what it printed. */
  output(): string;
  stop(): Promise<void>;
}

/** A running PostgreSQL. */
export interface Postgres extends Program {
  /** The port on 127.0.0.1, where users need their password. */
  readonly port: number;
  /** Runs each statement as the superuser, in a transaction of its own. */
  run(sql: string, database?: string): Promise<void>;
}

/**
 * Starts a new PostgreSQL whose log has what Debezium reads. It runs as `nobody` if this process is root, which PostgreSQL
 * refuses.
 *
 * @param folder An empty folder.
 * @throws ReaderUnavailableError if PostgreSQL is not installed.
 */
export async function startPostgres(folder: string): Promise<Postgres> {
  const programs = await postgresFolder();
  const port = await freePort();
  const user = process.getuid?.() === 0 ? { uid: await idOf("-u"), gid: await idOf("-g") } : {};
  if (user.uid !== undefined) {
    await chown(folder, user.uid, user.gid);
  }
  const data = join(folder, "data");
  const access = ["--username=postgres", "--auth-local=trust", "--auth-host=scram-sha-256"];
  await execa(
    join(programs, "initdb"),
    ["--pgdata", data, ...access, "--encoding=UTF8", "--locale=C", "--no-sync"],
    { ...user, cwd: folder },
  );
  const settings = {
    wal_level: "logical",
    port,
    listen_addresses: "127.0.0.1",
    unix_socket_directories: folder,
    fsync: "off",
  };
  const program = start(
    join(programs, "postgres"),
    [
      "-D",
      data,
      ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
    ],
    // It ends without waiting for its clients.
    { ...user, cwd: folder, killSignal: "SIGINT" },
  );
  const run = async (sql: string, database = "postgres"): Promise<void> => {
    const connection = ["-h", folder, "-p", String(port), "-U", "postgres", "-d", database];
    const options = ["--no-psqlrc", "--quiet", "-v", "ON_ERROR_STOP=1"];
    await execa(join(programs, "psql"), [...connection, ...options], { input: sql });
  };
  const started = Date.now();
  while ((await run("select 1").catch((error: unknown) => error)) !== undefined) {
    if (!program.isRunning() || Date.now() - started > patienceMilliseconds) {
      await program.stop();
      throw new ReaderError(`PostgreSQL did not start:\n${program.output()}`);
    }
    await sleep(100);
  }
  return { ...program, port, run };
}

/** The folder of the latest version's programs. */
async function postgresFolder(): Promise<string> {
  const versions = await readdir(postgresVersions).catch(() => []);
  const latest = Math.max(...versions.map(Number).filter(Number.isInteger));
  if (!Number.isFinite(latest)) {
    throw new ReaderUnavailableError(
      `There is no PostgreSQL in ${postgresVersions}: apt-get install postgresql.`,
    );
  }
  return join(postgresVersions, String(latest), "bin");
}

/** The number of the user `nobody`, or of its group. */
async function idOf(option: "-u" | "-g"): Promise<number> {
  return Number((await execa("id", [option, "nobody"])).stdout);
}

/**
 * Starts Debezium Server. The first call downloads 781 MB and keeps 875 MB.
 *
 * @param folder Where it runs. It goes on where it was if it ran there before.
 * @param configuration Its `application.properties`.
 * @param overrides The settings that have other values here.
 * @param environment The variables that the configuration reads.
 * @throws ReaderUnavailableError if its Java is missing, or it can't be downloaded.
 */
export async function startDebezium(
  folder: string,
  configuration: string,
  overrides: Readonly<Record<string, string>>,
  environment: Readonly<Record<string, string>>,
): Promise<Program> {
  const java = await findJava(javaVersions);
  const home = await installDebezium();
  for (const name of ["config", "data"]) {
    await mkdir(join(folder, name), { recursive: true });
  }
  await writeFile(join(folder, "config", "application.properties"), configuration);
  // As its run.sh does.
  const classes = [`debezium-server-dist-${version}-runner.jar`, "config/lib", "lib/*"];
  return start(
    java,
    [
      ...virtualMachine,
      ...Object.entries(overrides).map(([name, value]) => `-D${name}=${value}`),
      "-cp",
      classes.map((path) => join(home, path)).join(delimiter),
      "io.debezium.server.Main",
    ],
    { cwd: folder, env: environment },
  );
}

/** Starts a program, which ends with this process at the latest. */
function start(
  command: string,
  args: readonly string[],
  options: Pick<Options, "cwd" | "env" | "gid" | "killSignal" | "uid">,
): Program {
  const child = execa(command, args, {
    ...options,
    all: true,
    buffer: false,
    reject: false,
    forceKillAfterDelay: 10_000,
  });
  let isRunning = true;
  let output = "";
  const ended = child.then(() => {
    isRunning = false;
  });
  child.all.setEncoding("utf8").on("data", (text: string) => {
    output = `${output}${text}`.slice(-20_000);
  });
  return {
    isRunning: () => isRunning,
    output: () => output,
    stop: async () => {
      child.kill();
      await ended;
    },
  };
}

async function installDebezium(): Promise<string> {
  return await installed(`debezium-server-${version}`, async (folder) => {
    const repository = join(folder, "maven");
    const archive = await download(
      { group: "io.debezium", name: "debezium-server-dist", version, packaging: "tar.gz" },
      repository,
    );
    await execa("tar", ["-xzf", archive, "-C", folder, "--strip-components=1"]);
    await rm(repository, { recursive: true });
  });
}
