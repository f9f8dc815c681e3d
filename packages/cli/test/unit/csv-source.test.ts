/** CSV files through the lake: ingest sends each row with its header, and try, silver, quarantine and audit read them. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { temporaryDirectory } from "@lakehouse/testing/temporary-directory";
import { int64, string } from "@lakehouse/transforms/contract/column";
import { csv } from "@lakehouse/transforms/contract/source";
import { defineTable } from "@lakehouse/transforms/contract/table";
import { defineCatalog } from "@lakehouse/transforms/model/catalog";
import { expect, test } from "vitest";
import { audit } from "../../src/commands/audit/audit.ts";
import { ingest } from "../../src/commands/ingest/ingest.ts";
import { quarantine } from "../../src/commands/quarantine/quarantine.ts";
import { silver } from "../../src/commands/silver/silver.ts";
import { tryFiles } from "../../src/commands/try/try.ts";
import { contextOf } from "../support/context.ts";

const people = defineTable({
  name: "people",
  columns: { id: int64().notNull(), name: string().from("Full name") },
  source: csv({ delimiter: ";" }),
});

/** A folder with these files in it, and a lake beside it. */
function prepared(files: Readonly<Record<string, string | Buffer>>) {
  const folder = temporaryDirectory();
  mkdirSync(join(folder, "in"));
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(folder, "in", name), content);
  }
  return contextOf(folder, defineCatalog([people], []));
}

test("a folder of files with different headers becomes rows and refused rows, and is audited", async () => {
  const context = prepared({
    "a.csv": '\ufeffid;Full name\r\n1;"A\nB"\r\nx;C\r\n2;"not closed\r\n3;D\r\n',
    "b.csv.gz": gzipSync("Full name;id;note\nE;4;z\nF;5\n"),
    ".hidden": "x",
  });
  expect(await ingest(context, people, ["in"])).toMatchObject({ records: 6, objects: 1 });
  expect(await silver(context)).toMatchObject({ records: 6, rows: 3, quarantined: 3 });
  const { records, reasons } = await quarantine(context, [people], 5);
  expect(records).toBe(3);
  const raws = reasons.flatMap(({ rule, samples }) => samples.map(({ raw }) => [rule, raw]));
  expect(raws.sort()).toEqual([
    ["malformed_csv", '2;"not closed'],
    ["malformed_csv", "F;5"],
    ["wrong_type", "x;C"],
  ]);
  const audited = await audit(context, true);
  expect(audited.problems.filter(({ object }) => object.startsWith("people/"))).toEqual([]);
  expect(audited).toMatchObject({ records: 6, rows: 3, quarantined: 3 });
});

test("try shows the line and the value of a refused row", async () => {
  const context = prepared({ "a.csv": 'id;Full name\n1;"A\nB"\n"a ""x""";C\n' });
  const tried = await tryFiles(context, people, ["in/a.csv"], 5);
  expect(tried).toMatchObject({ records: 2, rows: 1, refused: 1 });
  expect(tried.reasons[0]?.samples[0]).toMatchObject({ line: 4, value: '"a \\"x\\""' });
});

test.each([
  ["id;name\n1;A\n", 'line 1: the file has no header with the column "Full name"'],
  ["id;id;Full name\n1;1;A\n", 'line 1: the header has the column "id" more than once'],
  ["id,Full name\n1,A\n", 'line 1: the file has no header with the column "id"'],
])("ingest sends nothing of a file whose header is wrong: %j", async (text, message) => {
  const context = prepared({ "a.csv": text });
  await expect(ingest(context, people, ["in/a.csv"])).rejects.toThrow(message);
  expect(await silver(context)).toMatchObject({ records: 0 });
});

test("a folder of folders is refused", async () => {
  const context = prepared({ "a.csv": "id;Full name\n" });
  mkdirSync(join(context.folder, "in", "more"));
  await expect(ingest(context, people, ["in"])).rejects.toThrow(
    "in is a directory with directories",
  );
});
