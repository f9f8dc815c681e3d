/** Runs the bundled deploy programs, on a machine that has only the tools that a test installs. */
import { type ChildProcess, execFile } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";

const program = join(import.meta.dirname, "../../dist-testing/deploy.js");

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) {
    rmSync(folder, { recursive: true, force: true });
  }
});

/** How a program ended. */
export interface End {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A machine with Node only: no Terraform, no Docker, no credentials. */
export class BareMachine {
  readonly folder = mkdtempSync(join(tmpdir(), "lakehouse-bare-"));
  readonly #tools = join(this.folder, "tools");
  readonly #env: Record<string, string> = {};

  constructor() {
    folders.push(this.folder);
    mkdirSync(this.#tools);
  }

  /** Puts a program on its PATH, which also answers `--version`. @param script JavaScript. */
  install(name: string, script: string): this {
    const path = join(this.#tools, name);
    const version = 'if (process.argv[2] === "--version") process.exit(0);';
    writeFileSync(path, `#!${process.execPath}\n${version}\n${script}\n`);
    chmodSync(path, 0o755);
    return this;
  }

  set(variables: Readonly<Record<string, string>>): this {
    Object.assign(this.#env, variables);
    return this;
  }

  /** @param started Is given the process as soon as it runs. */
  async run(args: readonly string[], started?: (child: ChildProcess) => void): Promise<End> {
    const env = {
      PATH: this.#tools,
      HOME: this.folder,
      CDKTF_OUTDIR: join(this.folder, "out"),
      AWS_EC2_METADATA_DISABLED: "true",
      ...this.#env,
    };
    return await new Promise((resolve) => {
      const options = { env, timeout: 60_000 };
      const child = execFile(process.execPath, [program, ...args], options, (_, stdout, stderr) => {
        resolve({ code: child.exitCode, stdout, stderr });
      });
      child.stdin?.end();
      started?.(child);
    });
  }
}

/** The password of the fake AWS's registry. */
export const tinyPassword = "a-password-of-the-registry";

/** How a fake AWS answers. */
export interface TinyAwsOptions {
  /** The error with which it answers every request. */
  readonly error?: string;
  /** Whether buckets do not exist until they are created. */
  readonly empty?: boolean;
  /** Whose the credentials are. Default: a user. */
  readonly arn?: string;
  /** How many functions the account may run at once. Default: 1,000. */
  readonly concurrency?: number;
}

/** A running fake AWS. */
export interface TinyAws {
  readonly server: Server;
  readonly endpoint: string;
  /** The buckets that were created. */
  readonly created: readonly string[];
}

/** Starts a fake AWS with an account and a registry's password. Every bucket and every image exists. */
export async function startTinyAws({
  error,
  empty,
  arn = "arn:aws:iam::123456789012:user/test",
  concurrency = 1_000,
}: TinyAwsOptions = {}): Promise<TinyAws> {
  const created: string[] = [];
  const identity =
    `<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>${arn}</Arn>` +
    "<UserId>U</UserId><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>";
  const server = createServer((request, response) => {
    response.setHeader("content-type", "text/xml");
    const [, bucket = ""] = /^\/([^/?]+)/.exec(request.url ?? "") ?? [];
    if (error !== undefined) {
      response.statusCode = 403;
      response.end(
        `<ErrorResponse><Error><Type>Sender</Type><Code>${error}</Code><Message>${error}</Message></Error></ErrorResponse>`,
      );
    } else if (request.url?.includes("/account-settings")) {
      response.setHeader("content-type", "application/json");
      const AccountLimit = {
        ConcurrentExecutions: concurrency,
        UnreservedConcurrentExecutions: concurrency,
      };
      response.end(JSON.stringify({ AccountLimit }));
    } else if (request.url?.endsWith("/concurrency")) {
      response.setHeader("content-type", "application/json");
      response.end("{}");
    } else if (request.method === "POST" && request.headers["user-agent"]?.includes("api/iam")) {
      // No role exists.
      response.statusCode = 404;
      response.end(
        "<ErrorResponse><Error><Type>Sender</Type><Code>NoSuchEntity</Code><Message>No</Message></Error></ErrorResponse>",
      );
    } else if (request.headers["x-amz-target"]?.toString().endsWith(".GetAuthorizationToken")) {
      const authorizationToken = Buffer.from(`AWS:${tinyPassword}`).toString("base64");
      response.setHeader("content-type", "application/x-amz-json-1.1");
      response.end(JSON.stringify({ authorizationData: [{ authorizationToken }] }));
    } else if (request.headers["x-amz-target"]?.toString().endsWith(".DescribeImages")) {
      response.setHeader("content-type", "application/x-amz-json-1.1");
      response.end(JSON.stringify({ imageDetails: [{}] }));
    } else if (request.method === "PUT") {
      created.push(bucket);
      response.end();
    } else if (request.method === "GET" && empty === true && !created.includes(bucket)) {
      response.statusCode = 404;
      response.end("<Error><Code>NoSuchBucket</Code><Message>No such bucket</Message></Error>");
    } else {
      response.end(request.method === "POST" ? identity : "<ListBucketResult/>");
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { server, endpoint: `http://127.0.0.1:${port}`, created };
}
