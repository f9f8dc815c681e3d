/** Measures the start of each Lambda: how long its bundle takes to import, the memory after that, and its size. */
import { statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { bronzeSilver, silverGold } from "@lakehouse/lake/functions";
import { nodeOptions } from "@lakehouse/lake/node-options";
import { bucketVariables } from "@lakehouse/lake/variables";
import { runOnce } from "../child/case.ts";
import type { Log } from "../log.ts";
import { median } from "../measure.ts";
import { number, type Section } from "../report.ts";
import type { Size } from "../sizes.ts";
import { installedBytes } from "./installed-size.ts";

const mebibyte = 2 ** 20;
const packages = fileURLToPath(new URL("../../../packages", import.meta.url));
const lambdas = [
  { name: bronzeSilver, native: ["nodejs-polars"] },
  { name: silverGold, native: ["nodejs-polars", "@duckdb/node-api"] },
] as const;
/** As in Lambda, the stores are in S3. Importing sends no request. */
const environment = {
  [bucketVariables.bronze]: "bronze",
  [bucketVariables.silver]: "silver",
  [bucketVariables.gold]: "gold",
  AWS_REGION: "eu-central-1",
  NODE_OPTIONS: nodeOptions,
};
const limitMilliseconds = 200;

/** The result for one function. */
export interface StartResult {
  readonly name: string;
  readonly runs: number;
  readonly importMilliseconds: number;
  /** Processor time of all threads. */
  readonly importCpuMilliseconds: number;
  readonly beforeMib: number;
  readonly afterMib: number;
  /** Shared libraries of native modules that the import loads. */
  readonly loaded: number;
  readonly bundleMib: number;
  readonly nativeMib: number;
}

/** Measures, each import in a new process. */
export async function measureStart({ runs }: Size["start"], log: Log): Promise<StartResult[]> {
  const results: StartResult[] = [];
  for (const { name, native } of lambdas) {
    log(`start: ${name}`);
    const folder = join(packages, name);
    const bundle = join(folder, "dist-testing", "handler.mjs");
    const definition = {
      name,
      module: "start/import-handler",
      environment,
    };
    const facts: Record<string, number>[] = [];
    for (let run = 0; run <= runs; run++) {
      const sample = await runOnce(definition, pathToFileURL(bundle).href);
      // The first run reads the files from disk.
      if (run > 0) {
        facts.push({ ...sample.facts });
      }
    }
    const middle = (fact: string): number => median(facts.map((each) => each[fact] ?? Number.NaN));
    results.push({
      name,
      runs,
      importMilliseconds: middle("importMilliseconds"),
      importCpuMilliseconds: middle("importCpuMilliseconds"),
      beforeMib: middle("beforeMib"),
      afterMib: middle("afterMib"),
      loaded: middle("loaded"),
      bundleMib: statSync(bundle).size / mebibyte,
      nativeMib: native.reduce((sum, each) => sum + installedBytes(each, folder), 0) / mebibyte,
    });
  }
  return results;
}

/** Its section of the report. */
export function startSection(results: readonly StartResult[]): Section {
  return {
    title: "Start",
    text:
      `Imports each bundled handler, with its native modules and its S3 client, but without clients that only some calls ` +
      `need. Nothing is compiled before. Medians of ` +
      `${results[0]?.runs ?? 0} new processes, with the files in the page cache. _Cpu_ is the processor time of all threads. _Memory_ is the process's resident ` +
      "set. _Native_ is the size of the native modules, unpacked, for this platform. An image holds them besides the bundle.",
    grids: [
      {
        head: [
          "function",
          "import, ms",
          "cpu ms",
          "memory before, MiB",
          "after, MiB",
          "bundle, MiB",
          "native, MiB",
        ],
        rows: results.map((each) => [
          each.name,
          number(each.importMilliseconds),
          number(each.importCpuMilliseconds),
          number(each.beforeMib),
          number(each.afterMib),
          number(each.bundleMib),
          number(each.nativeMib),
        ]),
      },
    ],
    targets: results.map(({ name, importMilliseconds }) => ({
      what: `import of ${name}`,
      value: importMilliseconds,
      limit: limitMilliseconds,
      unit: "ms",
    })),
    remarks: [],
  };
}
