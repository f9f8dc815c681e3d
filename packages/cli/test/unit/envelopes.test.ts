/** A file of envelopes through the lake: its records are counted, refused and audited one by one. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryDirectory } from "@lakehouse/testing/temporary-directory";
import { string, timestamp } from "@lakehouse/transforms/contract/column";
import { defineTable } from "@lakehouse/transforms/contract/table";
import { defineCatalog } from "@lakehouse/transforms/model/catalog";
import { expect, test } from "vitest";
import { audit } from "../../src/commands/audit/audit.ts";
import { ingest } from "../../src/commands/ingest/ingest.ts";
import { quarantine } from "../../src/commands/quarantine/quarantine.ts";
import { silver } from "../../src/commands/silver/silver.ts";
import { arrive, contextOf } from "../support/context.ts";

const trail = defineTable({
  name: "trail",
  columns: { event_id: string().notNull().from("eventID"), at: timestamp().from("eventTime") },
  unwrap: "Records",
});
const good = { eventID: "a", eventTime: "2024-01-01T00:00:00Z" };
const bad = { eventID: 7 };

test("each record in an envelope is a row or in quarantine with its place, and audited", async () => {
  const context = contextOf(temporaryDirectory(), defineCatalog([trail], []));
  arrive(context, "trail", 7, [{ Records: [good, bad, good] }, { Records: [] }, { other: 1 }]);
  const processed = await silver(context);
  expect(processed).toMatchObject({ records: 4, rows: 2, quarantined: 2 });
  const { records, reasons } = await quarantine(context, [trail], 5);
  expect(records).toBe(2);
  expect(reasons.map(({ rule, samples }) => [rule, samples[0]?.record_number])).toEqual([
    ["wrong_type", 2],
    ["no_envelope", undefined],
  ]);
  const audited = await audit(context, true);
  expect(audited.problems.filter(({ object }) => object.startsWith("trail/"))).toEqual([]);
  expect(audited).toMatchObject({ records: 4, rows: 2, quarantined: 2 });
});

test("ingest takes a file apart, however its envelopes are written", async () => {
  const folder = temporaryDirectory();
  const context = contextOf(folder, defineCatalog([trail], []));
  const file = join(folder, "trail.json");
  const broken = '{"Records":[';
  writeFileSync(file, `${JSON.stringify({ Records: [good, bad] }, null, 2)}\n${broken}`);
  expect(await ingest(context, trail, [file])).toMatchObject({ records: 3 });
  expect(await silver(context)).toMatchObject({ records: 3, rows: 1, quarantined: 2 });
});
