/** The contracts in docs/change-data.md give the rows that it promises, from its records, forwards and backwards. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryDirectory } from "@lakehouse/testing/temporary-directory";
import type { Table } from "@lakehouse/transforms/contract/table";
import { defineCatalog } from "@lakehouse/transforms/model/catalog";
import { expect, test } from "vitest";
import { audit } from "../../src/commands/audit/audit.ts";
import { gold } from "../../src/commands/gold/gold.ts";
import { query } from "../../src/commands/query/query.ts";
import { silver } from "../../src/commands/silver/silver.ts";
import { customers } from "../support/change-data/debezium.ts";
import { customers as wrapped } from "../support/change-data/debezium-envelope.ts";
import { leads } from "../support/change-data/dms.ts";
import { arrive, contextOf } from "../support/context.ts";

const root = join(import.meta.dirname, "../../../..");
const sections = readFileSync(join(root, "docs/change-data.md"), "utf8").split("\n## ").slice(1);

/** The code of a section, in this language. */
function codeIn(section: string, language: string): string {
  return new RegExp(`\n\`\`\`${language}\n([^]*?)\`\`\``).exec(section)?.[1] ?? "";
}

async function rowsOf(table: Table, records: readonly object[]): Promise<unknown> {
  const context = contextOf(temporaryDirectory(), defineCatalog([table], []));
  arrive(context, table.name, 7, records);
  await silver(context);
  await gold(context);
  expect(await audit(context, true)).toMatchObject({ ok: true, problems: [] });
  const columns = table === leads ? "id, lead_status" : "id, first_name";
  const lines = await Array.fromAsync(
    query(context, `select ${columns} from ${table.name}`, "csv"),
  );
  return lines.join("");
}

test.each([
  ["Debezium", "debezium-envelope.ts", wrapped, "id,first_name\n1004,Anne Marie\n"],
  ["Debezium, unwrapped", "debezium.ts", customers, "id,first_name\n1004,Anne Marie\n"],
  ["AWS Database Migration Service", "dms.ts", leads, "id,lead_status\n315209,Contacted\n"],
] as const)("the contract for %s", async (title, file, table, expected) => {
  const section = sections.find((each) => each.startsWith(`${title}\n`)) ?? "";
  const path = join(import.meta.dirname, "../support/change-data", file);
  expect(codeIn(section, "ts")).toBe(readFileSync(path, "utf8"));
  const lines = codeIn(section, "json").trim().split("\n");
  const records = lines.map((line): object => JSON.parse(line));
  expect(records.length).toBeGreaterThan(3);
  expect(await rowsOf(table, records)).toBe(expected);
  expect(await rowsOf(table, records.toReversed())).toBe(expected);
});
