/** Personal data through the lake: no command shows it, equal values stay equal, and gold has what the contract keeps. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { personalKeyFinder } from "@lakehouse/lake/personal-key";
import { relationsOf } from "@lakehouse/lake/relations";
import { describe } from "@lakehouse/silver-gold/describe";
import { temporaryDirectory } from "@lakehouse/testing/temporary-directory";
import { int64, string } from "@lakehouse/transforms/contract/column";
import { defineTable } from "@lakehouse/transforms/contract/table";
import { defineCatalog } from "@lakehouse/transforms/model/catalog";
import { expect, test } from "vitest";
import { audit } from "../../src/commands/audit/audit.ts";
import { gold } from "../../src/commands/gold/gold.ts";
import { ingest } from "../../src/commands/ingest/ingest.ts";
import { quarantine } from "../../src/commands/quarantine/quarantine.ts";
import { query } from "../../src/commands/query/query.ts";
import { silver } from "../../src/commands/silver/silver.ts";
import { tryFiles } from "../../src/commands/try/try.ts";
import { contextOf } from "../support/context.ts";

const people = defineTable({
  name: "people",
  columns: {
    id: int64().notNull().pii("hash"),
    email: string().pattern(/@/).pii("hash").describe("Where bills go"),
    phone: string().pii("drop"),
    country: string(),
  },
  primaryKey: ["id"],
});

function prepared() {
  const folder = temporaryDirectory();
  writeFileSync(
    join(folder, "people.ndjson"),
    [
      '{"id":7071067,"email":"zq@zq.de","phone":"7071067","country":"DE"}',
      '{"id":"7071067","email":"zq@zq.de","country":"FR"}',
      '{"id":7071068,"email":"zqzq"}',
      '{"id":7071069,"email":"zq',
    ].join("\n"),
  );
  const context = contextOf(folder, defineCatalog([people], []));
  const key = "0123456789abcdef0123456789abcdef";
  return { ...context, findPersonalKey: personalKeyFinder({ key }) };
}

test("is hashed from silver on, and no command shows it", async () => {
  const context = prepared();
  await ingest(context, people, ["people.ndjson"]);
  await expect(silver({ ...context, findPersonalKey: personalKeyFinder({}) })).rejects.toThrow(
    /there is no key.*PERSONAL_DATA_KEY/,
  );
  expect(await silver(context)).toMatchObject({ records: 4, rows: 2, quarantined: 2 });
  await gold(context);
  const pieces = await Array.fromAsync(query(context, "select * from people", "json"));
  const text = pieces.join("");
  expect(JSON.parse(text).rows).toEqual([
    {
      id: expect.stringMatching(/^[0-9a-f]{64}$/),
      email: expect.stringMatching(/^[0-9a-f]{64}$/),
      country: "FR",
    },
  ]);
  const shown = [
    await quarantine(context, [people], 5),
    await tryFiles(context, people, ["people.ndjson"], 5),
    await audit(context, true),
  ];
  expect(JSON.stringify(shown)).not.toMatch(/zq|7071067/);
  expect(shown.at(-1)).toMatchObject({ problems: [], records: 4, rows: 2, quarantined: 2 });
});

test("hashed with two keys is a problem that the audit names", async () => {
  const context = prepared();
  await ingest(context, people, ["people.ndjson"]);
  await silver(context);
  await ingest(context, people, ["people.ndjson"]);
  await silver({ ...context, findPersonalKey: personalKeyFinder({ key: "k".repeat(32) }) });
  const { problems } = await audit(context);
  expect(problems).toContainEqual(
    expect.objectContaining({ kind: "personal_keys", object: "people" }),
  );
});

test("is marked where columns are described", () => {
  const catalog = defineCatalog([people], []);
  const [silverOf] = relationsOf(catalog);
  expect(silverOf?.columns.map(({ name, description }) => [name, description])).toEqual([
    ["id", "(personal data, hash)"],
    ["email", "Where bills go (personal data, hash)"],
    ["country", ""],
  ]);
  expect(describe(catalog).tables[0]?.columns[2]).toMatchObject({
    name: "phone",
    rules: ["personal data: drop"],
  });
});
