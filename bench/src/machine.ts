/** The machine and the engine versions behind the numbers. */
import { readFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, release, type as system, totalmem } from "node:os";

const modules = new URL("../node_modules/", import.meta.url);

/** Describes the machine, for the top of the report. */
export function machineText(command: string): string {
  return [
    `- command: \`${command}\``,
    `- date: ${new Date().toISOString().slice(0, 16)}Z`,
    `- machine: ${availableParallelism()} cores (${cpus()[0]?.model.trim() ?? "unknown"}), ` +
      `${(totalmem() / 2 ** 30).toFixed(0)} GiB of memory, ${system()} ${release()} on ${process.arch}`,
    `- Node ${process.versions.node}, nodejs-polars ${versionOf("nodejs-polars")}, ` +
      `@duckdb/node-api ${versionOf("@duckdb/node-api")}, csv-stringify ${versionOf("csv-stringify")}`,
  ].join("\n");
}

/** The load average over the last minute, where 1 is one core. Our own load is part of it. */
export function load(): string {
  return (loadavg()[0] ?? 0).toFixed(2);
}

function versionOf(name: string): string {
  const manifest = readFileSync(new URL(`${name}/package.json`, modules), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}
