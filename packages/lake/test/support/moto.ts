/** Starts moto's server, an emulator of AWS, for tests that use S3 or Firehose. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { CreateDeliveryStreamCommand } from "@aws-sdk/client-firehose";
import { CreateBucketCommand, PutBucketEncryptionCommand, type S3Client } from "@aws-sdk/client-s3";
import { createFirehoseClient } from "../../src/delivery/firehose-sender.ts";
import { readLakeSettings } from "../../src/lake-settings.ts";
import { createS3Client } from "../../src/s3-store.ts";

/** A running emulator. */
export interface Moto {
  /** `http://127.0.0.1:PORT`. */
  readonly endpoint: string;
  /** The variables that point an AWS SDK to it. */
  readonly environment: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/** moto's server with a patch that makes its S3 more like AWS's. */
const server = fileURLToPath(new URL("moto_s3.py", import.meta.url));
const commands = [
  ["python3", "-B", server],
  ["python", "-B", server],
];
const timeoutMilliseconds = 30_000;
const help =
  "moto, an emulator of AWS, is not installed for the python3 on PATH: pip install 'moto[server]'.";

/**
 * Starts an emulator on a free port, and points this process's AWS SDK to it.
 *
 * A machine without moto can still pass the tests: this prints what is not tested, and the caller skips those tests.
 * With CI=true, moto is required.
 * @param untested What is not tested without it.
 * @param variables Its settings.
 * @returns undefined if moto is not installed.
 * @throws Error if it does not start, or is not installed with CI=true.
 */
export async function startMoto(
  untested: string,
  variables: NodeJS.ProcessEnv = {},
): Promise<Moto | undefined> {
  for (const [command = "", ...args] of commands) {
    const server = await start(command, [...args, "-H", "127.0.0.1", "-p", "0"], variables);
    if (server !== undefined) {
      Object.assign(process.env, server.environment);
      delete process.env["AWS_PROFILE"];
      return server;
    }
  }
  if (process.env["CI"] === "true") {
    throw new Error(`${help} It is required with CI=true.`);
  }
  process.stderr.write(`\n*** NOT TESTED: ${untested}. ${help}\n\n`);
  return undefined;
}

/** @returns undefined if there is no such command, or no moto in that Python. */
async function start(
  command: string,
  args: string[],
  variables: NodeJS.ProcessEnv,
): Promise<Moto | undefined> {
  const env = { ...process.env, ...variables };
  const child = spawn(command, args, { env, stdio: ["ignore", "ignore", "pipe"] });
  const output: string[] = [];
  const endpoint = await new Promise<string | undefined>((resolve) => {
    const timer = setTimeout(resolve, timeoutMilliseconds, undefined);
    child.once("error", () => resolve(undefined));
    child.once("close", () => resolve(undefined));
    createInterface({ input: child.stderr }).on("line", (line) => {
      if (output.length < 50) {
        output.push(line);
      }
      const address = /Running on (http:\/\/[\d.:]+)/.exec(line)?.[1];
      if (address !== undefined) {
        resolve(address);
        clearTimeout(timer);
      }
    });
  });
  if (endpoint !== undefined) {
    process.once("exit", () => child.kill("SIGKILL"));
    return { endpoint, environment: environmentOf(endpoint), stop: () => stop(child) };
  }
  await stop(child);
  const printed = output.join("\n");
  if (printed === "" || /No module named|command not found/.test(printed)) {
    return undefined;
  }
  throw new Error(`${command} did not start:\n${printed}`);
}

function environmentOf(endpoint: string): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
  };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
    const closed = once(child, "close");
    child.kill("SIGKILL");
    await closed;
  }
}

/** Encrypts new objects of a bucket with a KMS key. Each PUT then gives another ETag. */
export async function encryptWithKms(client: S3Client, bucket: string): Promise<void> {
  const ApplyServerSideEncryptionByDefault = { SSEAlgorithm: "aws:kms" } as const;
  const ServerSideEncryptionConfiguration = { Rules: [{ ApplyServerSideEncryptionByDefault }] };
  await client.send(
    new PutBucketEncryptionCommand({ Bucket: bucket, ServerSideEncryptionConfiguration }),
  );
}

/** Creates a lake: buckets that encrypt with KMS, and a stream into bronze that puts every object below this prefix. */
export async function createLake(
  buckets: { readonly bronze: string; readonly silver: string; readonly gold: string },
  stream: string,
  prefix: string,
): Promise<void> {
  const settings = readLakeSettings(process.env);
  const s3 = createS3Client(settings);
  for (const Bucket of Object.values(buckets)) {
    await s3.send(new CreateBucketCommand({ Bucket }));
    await encryptWithKms(s3, Bucket);
  }
  await createFirehoseClient(settings).send(
    new CreateDeliveryStreamCommand({
      DeliveryStreamName: stream,
      ExtendedS3DestinationConfiguration: {
        BucketARN: `arn:aws:s3:::${buckets.bronze}`,
        RoleARN: "arn:aws:iam::123456789012:role/firehose",
        // The emulator takes a prefix literally, and puts no delimiter between records.
        Prefix: prefix,
      },
    }),
  );
}
