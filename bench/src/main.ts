/**
 * The benchmarks. `pnpm bench` measures all and writes RESULTS.md. `pnpm bench silver` measures only some of silver, gold, peers,
 * many, month, workers, scale, start and ceilings. `pnpm bench profile silver` (or gold) shows where the time goes. `--quick` is small.
 * `--into PROFILE.md` puts the sections in the place of those that the file has.
 */
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { asError } from "@lakehouse/transforms/errors";
import { ceilingsSection, measureCeilings } from "./gold/ceilings.ts";
import { goldSection, measureGold } from "./gold/gold.ts";
import { manyObjectsSection, measureManyObjects } from "./gold/many-objects.ts";
import { measureMonth, monthSection } from "./gold/month.ts";
import { measurePeers, peersSection } from "./gold/peers.ts";
import { profileGold } from "./gold/profile.ts";
import { measureWorkers, workersSection } from "./gold/workers.ts";
import { log } from "./log.ts";
import { load, machineText } from "./machine.ts";
import { replaceSection, type Section, sectionText } from "./report.ts";
import { measureScale, scaleSection } from "./scale/scale.ts";
import { profileSilver } from "./silver/profile.ts";
import { measureSilver, silverSection } from "./silver/silver.ts";
import { type Size, type SizeName, sizes } from "./sizes.ts";
import { measureStart, startSection } from "./start/start.ts";

type Benchmark = (size: Size, directory: string) => Promise<Section>;

const benchmarks: Readonly<Record<string, Benchmark>> = {
  silver: async (size, directory) =>
    silverSection(await measureSilver(size.silver, directory, log)),
  gold: async (size, directory) => goldSection(await measureGold(size.gold, directory, log)),
  peers: async (size, directory) => peersSection(await measurePeers(size.gold, directory, log)),
  many: async (size, directory) =>
    manyObjectsSection(await measureManyObjects(size.gold, directory, log)),
  month: async (size, directory) => monthSection(await measureMonth(size.gold, directory, log)),
  workers: async (size, directory) =>
    workersSection(await measureWorkers(size.gold, directory, log)),
  scale: async (size, directory) => scaleSection(await measureScale(size.gold, directory, log)),
  start: async (size) => startSection(await measureStart(size.start, log)),
  ceilings: async (size, directory) => ceilingsSection(await measureCeilings(size, directory, log)),
};
const profiles: Readonly<Record<string, Benchmark>> = {
  silver: (size, directory) => profileSilver(size.silver, directory, log),
  gold: (size, directory) => profileGold(size.gold, directory, log),
};

const usage =
  "Usage: pnpm bench [silver] [gold] [peers] [many] [month] [workers] [scale] [start] [ceilings] [--quick] [--results FILE] [--into FILE], or pnpm bench profile silver|gold\n";
const { values, positionals } = parse();
if (values.help) {
  process.stdout.write(usage);
  process.exit();
}

const sizeName = values.quick ? "quick" : values.size;
const [verb, ...names] = positionals;
const chosen = choose(
  verb === "profile" ? profiles : benchmarks,
  verb === "profile" ? names : positionals,
);
const into =
  values.into === undefined
    ? undefined
    : fileURLToPath(new URL(`../${values.into}`, import.meta.url));
if (!isSizeName(sizeName) || chosen === undefined || (into !== undefined && !existsSync(into))) {
  process.stderr.write(usage);
  process.exit(2);
}
const complete = sizeName === "full" && positionals.length === 0;
const results =
  values.results ??
  (complete ? fileURLToPath(new URL("../RESULTS.md", import.meta.url)) : undefined);

const directory = await mkdtemp(join(tmpdir(), "lakehouse-bench-"));
try {
  const begin = performance.now();
  const loadBefore = load();
  const sections: Section[] = [];
  for (const run of chosen) {
    sections.push(await run(sizes[sizeName], directory));
  }
  const seconds = ((performance.now() - begin) / 1000).toFixed(0);
  const command = ["pnpm bench", ...process.argv.slice(2)].join(" ");
  const report = [
    "# Benchmark results",
    `${machineText(command)}\n- size: ${sizeName}; it took ${seconds} s; load average ${loadBefore} before, ${load()} after`,
    "Compare ratios, not milliseconds. All numbers of a section are from one run, in which the cases took turns.",
    ...sections.map(sectionText),
  ].join("\n\n");
  process.stdout.write(`${report}\n`);
  if (results !== undefined) {
    await writeFile(results, `${report}\n`);
  }
  if (into !== undefined) {
    const time = `${new Date().toISOString().slice(0, 16)}Z`;
    const origin = `From a run of its own: \`${command}\`, ${time}, load average ${loadBefore} before, ${load()} after.`;
    const document = await readFile(into, "utf8");
    const replaced = sections.reduce(
      (text, section) => replaceSection(text, sectionText(section), origin),
      document,
    );
    await writeFile(into, replaced);
  }
} finally {
  await rm(directory, { recursive: true, force: true });
}

function parse() {
  try {
    return parseArgs({
      // pnpm passes on the "--" of `pnpm bench -- …`.
      args: process.argv.slice(2).filter((argument) => argument !== "--"),
      allowPositionals: true,
      options: {
        help: { type: "boolean", default: false },
        size: { type: "string", default: "full" },
        quick: { type: "boolean", default: false },
        /** Where to write the report. Default: RESULTS.md, if everything is measured in full size. */
        results: { type: "string" },
        /** A file of this package whose sections are replaced by what was measured. */
        into: { type: "string" },
      },
    });
  } catch (error) {
    process.stderr.write(`${asError(error).message}\n${usage}`);
    process.exit(2);
  }
}

function choose(all: Readonly<Record<string, Benchmark>>, wanted: readonly string[]) {
  const found = (wanted.length === 0 ? Object.keys(all) : wanted).map((name) => all[name]);
  return found.every((each) => each !== undefined) ? found : undefined;
}

function isSizeName(name: string): name is SizeName {
  return name in sizes;
}
