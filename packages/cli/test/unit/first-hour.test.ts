/** The feeds in docs/first-hour.md give its contracts and its results, forwards and backwards. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { temporaryDirectory } from "@lakehouse/testing/temporary-directory";
import { defineCatalog } from "@lakehouse/transforms/model/catalog";
import { expect, test } from "vitest";
import { audit } from "../../src/commands/audit/audit.ts";
import { gold } from "../../src/commands/gold/gold.ts";
import { init } from "../../src/commands/init/init.ts";
import { query } from "../../src/commands/query/query.ts";
import { silver } from "../../src/commands/silver/silver.ts";
import { test as runTests } from "../../src/commands/test/test.ts";
import { arrive, contextOf } from "../support/context.ts";
import { loadContract, loadFolder } from "../support/load-contract.ts";

const root = join(import.meta.dirname, "../../../..");
const sections = readFileSync(join(root, "docs/first-hour.md"), "utf8").split("\n## ").slice(1);

/** The code of a section, in this language. */
function codeIn(section: string, language: string): string {
  return new RegExp(`\n\`\`\`${language}\n([^]*?)\`\`\``).exec(section)?.[1] ?? "";
}

test.each(sections.map((section) => [section.split("\n")[0] ?? "", section]))(
  "%s",
  async (_, section) => {
    const [, table = "", file = ""] = /lakehouse init (\w+) --from (\S+?)`/.exec(section) ?? [];
    const queries = [...section.matchAll(/lakehouse query "(.+)"`.*\n\n```csv\n([\s\S]*?)```/g)];
    const folder = temporaryDirectory();
    mkdirSync(join(folder, "tables"));
    const sample = codeIn(section, "json") || codeIn(section, "text");
    writeFileSync(join(folder, file), file.endsWith(".gz") ? gzipSync(sample) : sample);
    const before = contextOf(folder, defineCatalog([], []));
    const { folder: written, trial } = await init(before, table, [file], join(folder, "tables"));
    const contract = readFileSync(join(written, "contract.ts"), "utf8");
    expect(codeIn(section, "ts")).toBe(contract);
    expect(trial.refused).toBe(0);
    // The test beside the proposed model is the one shown, and passes.
    const models = readFileSync(join(written, "models.ts"), "utf8");
    expect(models).toContain(codeIn(section, "js") || "tests: [");
    const own = contextOf(folder, await loadFolder(written));
    expect(await runTests(own, [])).toMatchObject({ ok: true, passed: 1, failed: 0 });
    const isEnvelope = contract.includes('unwrap: "Records"');
    const records: readonly object[] = isEnvelope
      ? JSON.parse(sample).Records
      : sample
          .trim()
          .split("\n")
          .map((line): object => JSON.parse(line));
    for (const [name, ordered] of [
      ["forwards", records],
      ["backwards", records.toReversed()],
    ] as const) {
      const context = contextOf(folder, defineCatalog([await loadContract(contract)], []), name);
      arrive(context, table, 7, isEnvelope ? [{ Records: ordered }] : ordered);
      await silver(context);
      await gold(context);
      expect(await audit(context, true)).toMatchObject({ ok: true, problems: [] });
      expect(queries).not.toEqual([]);
      for (const [, sql = "", rows] of queries) {
        const lines = await Array.fromAsync(query(context, sql, "csv"));
        expect(lines.join("")).toBe(rows);
      }
    }
  },
);
