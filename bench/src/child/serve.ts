/** The child's side of a case: one run per message, timed, and profiled on request. */
import { Session } from "node:inspector/promises";
import { type FunctionTime, selfTimes } from "./self-times.ts";

/** What a run counts: `rows`, and others by case. */
export type Facts = Readonly<Record<string, number>>;

/** A request to the child. */
export interface Order {
  readonly input: string;
  /** Whether to profile the run, which makes it slower. */
  readonly profile: boolean;
}

/** The child's answer. */
export interface Answer {
  readonly milliseconds: number;
  /** Processor time of all threads. */
  readonly cpuMilliseconds: number;
  /** Processor time of the main thread. The run takes at least as long. A peer in Python does not say. */
  readonly mainCpuMilliseconds?: number;
  /** The peak memory of the process. */
  readonly peakMib: number;
  readonly facts: Facts;
  /** Where the main thread's time went; empty unless profiled. */
  readonly profile: readonly FunctionTime[];
}

/** Answers each of the parent's messages by calling `run` with its input. */
export function serve(run: (input: string) => Promise<Facts>): void {
  process.on("message", (order: Order) => {
    measure(run, order).then(
      (answer) => process.send?.(answer),
      (error: unknown) => {
        process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
        process.exit(1);
      },
    );
  });
}

async function measure(run: (input: string) => Promise<Facts>, order: Order): Promise<Answer> {
  const profiler = order.profile ? await startProfiler() : undefined;
  const cpu = process.cpuUsage();
  const main = process.threadCpuUsage();
  const start = performance.now();
  const facts = await run(order.input);
  const milliseconds = performance.now() - start;
  const all = process.cpuUsage(cpu);
  const ofMain = process.threadCpuUsage(main);
  return {
    milliseconds,
    cpuMilliseconds: (all.user + all.system) / 1000,
    mainCpuMilliseconds: (ofMain.user + ofMain.system) / 1000,
    peakMib: process.resourceUsage().maxRSS / 1024,
    facts,
    profile:
      profiler === undefined ? [] : selfTimes((await profiler.post("Profiler.stop")).profile),
  };
}

async function startProfiler(): Promise<Session> {
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.setSamplingInterval", { interval: 200 });
  await session.post("Profiler.start");
  return session;
}
