/** Stands in for Lambda: serves the Runtime API to a function's code, starts it, sends it events and kills it. */
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { EnvironmentBusyError, EnvironmentStoppedError } from "./errors.ts";
import type { LambdaProcess, Launcher, ProcessEnd } from "./lambda-process.ts";

/** A function's configuration, as far as its code can see it. */
export interface FunctionConfiguration {
  readonly functionName: string;
  /** Starts the code: `programLauncher([process.execPath, await runtimeInterfaceClient()])`, or a container. */
  readonly launcher: Launcher;
  /** The function's own variables. Lambda's are added, and no others. */
  readonly environment: Readonly<Record<string, string>>;
  /** The folder that holds the handler's file; `/var/task` in an image. */
  readonly taskRoot: string;
  /** `<file without extension>.<export>`. Default: `handler.handler`. */
  readonly handler?: string;
  /** The memory that the code is told it has, in MiB. It isn't enforced. Default: 1024. */
  readonly memoryMib?: number;
  /** How long one invocation may take, in milliseconds. Default: 30,000. */
  readonly timeoutMs?: number;
  /** How long the code may take to request its first event, in milliseconds. Default: 60,000. Lambda allows 10,000. */
  readonly initTimeoutMs?: number;
}

/** The error that the code reported, as Lambda returns it to a caller. */
export interface FunctionError {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly stackTrace?: readonly string[];
}

interface Circumstances {
  readonly requestId: string;
  /** Whether the code was started for this invocation. */
  readonly coldStart: boolean;
}

/** The result of an invocation. */
export type Outcome = Circumstances &
  (
    | { readonly kind: "succeeded"; readonly response: unknown }
    /** The handler threw. */
    | { readonly kind: "failed"; readonly error: FunctionError }
    /** The code reported an error before it requested an event. */
    | { readonly kind: "init failed"; readonly error: FunctionError }
    /** The code took too long, and was killed. */
    | { readonly kind: "timed out"; readonly during: "init" | "invocation" }
    /** The process ended without an answer. */
    | { readonly kind: "crashed"; readonly during: "init" | "invocation"; readonly end: ProcessEnd }
  );

interface Invocation {
  readonly requestId: string;
  readonly body: string;
  readonly timeoutMs: number;
  readonly coldStart: boolean;
  started: boolean;
  /** From then on an answer is refused, although killing the code takes a moment. */
  timedOut: boolean;
  timer: NodeJS.Timeout;
  readonly settle: (outcome: Outcome) => void;
}

const apiVersion = "/2018-06-01/runtime";
const answerPath = /^\/2018-06-01\/runtime\/invocation\/([^/]+)\/(response|error)$/;

/**
 * One execution environment of a function, as Lambda runs it. The code starts with the first event, stays for the
 * next ones, and is started again after a timeout, a crash or a failed start.
 *
 * ```ts
 * const environment = await ExecutionEnvironment.create({ functionName, launcher, environment, taskRoot });
 * const outcome = await environment.invoke({ keys: [] }, { timeoutMs: 5_000 });
 * await environment.stop();
 * ```
 *
 * Unlike Lambda, it doesn't freeze the process between invocations, limit memory or the size of events and
 * responses, or stream responses.
 */
export class ExecutionEnvironment {
  #process: LambdaProcess | undefined;
  #invocation: Invocation | undefined;
  /** The request of a process that waits for its next event. */
  #idle: ServerResponse | undefined;
  #stopped = false;
  #output = "";

  readonly #configuration: FunctionConfiguration;
  readonly #server: Server;

  private constructor(configuration: FunctionConfiguration, server: Server) {
    this.#configuration = configuration;
    this.#server = server;
    server.on("request", (request, response) => {
      this.#answer(request, response).catch((error: unknown) => {
        // The process ended during its request, or did not send JSON.
        response.writeHead(400).end(String(error));
      });
    });
  }

  /** Opens the API on a free port of 127.0.0.1. The code starts with the first event. */
  static async create(configuration: FunctionConfiguration): Promise<ExecutionEnvironment> {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new ExecutionEnvironment(configuration, server);
  }

  /** The stdout and stderr of all the code's processes, as in Lambda's log group. */
  get log(): string {
    return this.#output;
  }

  /** Whether the code is already running when the next event arrives. */
  get isWarm(): boolean {
    return this.#process !== undefined;
  }

  /**
   * Sends an event to the code and waits for the result.
   *
   * @param options.timeoutMs Overrides the function's own timeout.
   * @throws EnvironmentBusyError while another event is handled; EnvironmentStoppedError.
   */
  async invoke(event: unknown, options: { readonly timeoutMs?: number } = {}): Promise<Outcome> {
    const { functionName, timeoutMs = 30_000, initTimeoutMs = 60_000 } = this.#configuration;
    if (this.#stopped) {
      throw new EnvironmentStoppedError(functionName);
    }
    if (this.#invocation !== undefined) {
      throw new EnvironmentBusyError(functionName);
    }
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    const invocation: Invocation = {
      requestId: randomUUID(),
      body: JSON.stringify(event),
      timeoutMs: options.timeoutMs ?? timeoutMs,
      coldStart: this.#process === undefined,
      started: false,
      timedOut: false,
      timer: setTimeout(() => this.#timeOut(invocation), initTimeoutMs),
      settle: (outcome) => {
        clearTimeout(invocation.timer);
        this.#invocation = undefined;
        resolve(outcome);
      },
    };
    this.#invocation = invocation;
    if (this.#process === undefined) {
      this.#launch();
    }
    this.#deliver();
    return await promise;
  }

  /** Kills the code at once, as the kernel does when memory runs out. A running invocation ends as `crashed`. */
  async kill(): Promise<void> {
    await this.#process?.kill();
  }

  /** Kills the code and closes the API. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.kill();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #launch(): void {
    const launched = this.#configuration.launcher(this.#variables(), (text) => {
      this.#output += text;
    });
    this.#process = launched;
    void launched.ended.then((end) => {
      if (this.#process !== launched) {
        return;
      }
      this.#process = undefined;
      this.#idle = undefined;
      this.#settle((during) => ({ kind: "crashed", during, end }));
    });
  }

  /** Gives a waiting process the waiting event, if there are both. */
  #deliver(): void {
    const invocation = this.#invocation;
    const idle = this.#idle;
    if (invocation === undefined || invocation.started || idle === undefined) {
      return;
    }
    this.#idle = undefined;
    invocation.started = true;
    clearTimeout(invocation.timer);
    invocation.timer = setTimeout(() => this.#timeOut(invocation), invocation.timeoutMs);
    idle.writeHead(200, {
      "Content-Type": "application/json",
      "Lambda-Runtime-Aws-Request-Id": invocation.requestId,
      "Lambda-Runtime-Deadline-Ms": String(Date.now() + invocation.timeoutMs),
      "Lambda-Runtime-Invoked-Function-Arn": this.#arn,
      "Lambda-Runtime-Trace-Id": traceId(),
    });
    idle.end(invocation.body);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, url = "" } = request;
    if (method === "GET" && url === `${apiVersion}/invocation/next`) {
      this.#idle = response;
      response.once("close", () => {
        if (this.#idle === response) {
          this.#idle = undefined;
        }
      });
      this.#deliver();
      return;
    }
    if (method !== "POST") {
      return refuse(response, 404, `There is no ${method} ${url}.`);
    }
    const body = await json(request);
    const [, requestId, kind] = answerPath.exec(url) ?? [];
    if (url === `${apiVersion}/init/error`) {
      accept(response);
      await this.#endProcess();
      this.#settle(() => ({ kind: "init failed", error: body as FunctionError }));
    } else if (requestId === undefined) {
      refuse(response, 404, `There is no POST ${url}.`);
    } else if (
      this.#invocation?.requestId !== decodeURIComponent(requestId) ||
      this.#invocation.timedOut
    ) {
      refuse(response, 400, `${requestId} is not the invocation that is running.`);
    } else {
      accept(response);
      this.#settle(() =>
        kind === "response"
          ? { kind: "succeeded", response: body }
          : { kind: "failed", error: body as FunctionError },
      );
    }
  }

  #timeOut(invocation: Invocation): void {
    invocation.timedOut = true;
    void this.#endProcess().then(() => {
      if (this.#invocation === invocation) {
        this.#settle((during) => ({ kind: "timed out", during }));
      }
    });
  }

  /** Kills the process without counting that as a crash. */
  async #endProcess(): Promise<void> {
    const process = this.#process;
    this.#process = undefined;
    this.#idle = undefined;
    await process?.kill();
  }

  #settle(outcome: (during: "init" | "invocation") => UndatedOutcome): void {
    const invocation = this.#invocation;
    if (invocation === undefined) {
      return;
    }
    const { requestId, coldStart, started } = invocation;
    invocation.settle({ requestId, coldStart, ...outcome(started ? "invocation" : "init") });
  }

  get #arn(): string {
    const { functionName } = this.#configuration;
    const region = this.#configuration.environment["AWS_REGION"] ?? "us-east-1";
    return `arn:aws:lambda:${region}:123456789012:function:${functionName}`;
  }

  /** The function's variables and those that Lambda reserves. */
  #variables(): Record<string, string> {
    const { functionName, environment, taskRoot, handler, memoryMib } = this.#configuration;
    const { port } = this.#server.address() as AddressInfo;
    return {
      ...environment,
      _HANDLER: handler ?? "handler.handler",
      LAMBDA_TASK_ROOT: taskRoot,
      AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${port}`,
      AWS_LAMBDA_FUNCTION_NAME: functionName,
      AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMib ?? 1024),
      AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
      AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${functionName}`,
      AWS_LAMBDA_LOG_STREAM_NAME: "2000/01/01/[$LATEST]local",
    };
  }
}

type Without<Each, Key extends PropertyKey> = Each extends unknown ? Omit<Each, Key> : never;
type UndatedOutcome = Without<Outcome, keyof Circumstances>;

function accept(response: ServerResponse): void {
  response.writeHead(202, { "Content-Type": "application/json" }).end('{"status":"OK"}');
}

function refuse(response: ServerResponse, status: number, errorMessage: string): void {
  response
    .writeHead(status, { "Content-Type": "application/json" })
    .end(JSON.stringify({ errorMessage, errorType: "InvalidRequest" }));
}

/** A trace that X-Ray would not sample. */
function traceId(): string {
  const hex = (length: number): string => randomUUID().replaceAll("-", "").slice(0, length);
  const seconds = Math.floor(Date.now() / 1000).toString(16);
  return `Root=1-${seconds}-${hex(24)};Parent=${hex(16)};Sampled=0`;
}
