/** Models that read every accepted record, or refused ones. */
import { quarantineKey } from "@lakehouse/lake/keys";
import { date, int64, string } from "@lakehouse/transforms/contract/column";
import { defineCatalog } from "@lakehouse/transforms/model/catalog";
import { defineModel, full, incremental } from "@lakehouse/transforms/model/model";
import { beforeEach, expect, test } from "vitest";
import {
  bronzeKey,
  type MemoryLake,
  newLake,
  reading,
  readings,
  run,
  writeSilver,
} from "../support/lake.ts";
import { watched } from "../support/watched-store.ts";

const versions = defineModel({
  name: "versions",
  description: "How often each reading came",
  materialization: full(),
  columns: { sensor: string(), number: int64(), times: int64() },
  sql: "select sensor, number, count(*) as times from silver_readings group by all",
});
const refusals = defineModel({
  name: "refusals",
  description: "Refused records by rule",
  materialization: full(),
  columns: { rule: string(), records: int64() },
  sql: `select left(reason.rule, 9) as rule, count(*) as records
    from (select unnest(reasons) as reason from quarantine_readings) group by all`,
});
const first = defineModel({
  name: "first",
  description: "Current readings with the day of their first version",
  materialization: incremental(readings),
  columns: { sensor: string(), number: int64(), first: date() },
  sql: `select sensor, number, min(silver_readings.taken_on) as first
    from readings join silver_readings using (sensor, number) group by all`,
});
const catalog = defineCatalog([readings], [versions, refusals, first]);
let lake: MemoryLake;

beforeEach(() => {
  lake = newLake();
});

async function arrive(minute: number, ...rows: Parameters<typeof reading>[]): Promise<void> {
  await writeSilver(
    lake.silver,
    bronzeKey(minute),
    rows.map((row) => reading(...row)),
  );
}

/** Writes the refused records of a bronze object. */
async function refuse(minute: number, ...rules: string[]): Promise<void> {
  const lines = rules.map((rule) => {
    const reasons = [{ column: "sensor", rule, message: "It is wrong" }];
    return `${JSON.stringify({ bronze_key: bronzeKey(minute), line: 1, raw: "{}", reasons })}\n`;
  });
  await lake.silver.put(quarantineKey(bronzeKey(minute)), Buffer.from(lines.join("")));
}

const text = (key: string) => lake.gold.text(key);

test("every accepted version is read, and a new one builds the model again", async () => {
  await arrive(1, ["a", 1, "2024-01-05"]);
  await run(lake, catalog);
  expect(text("versions/data.csv")).toBe("sensor,number,times\na,1,1\n");
  await arrive(2, ["a", 1, "2024-01-06"]);
  await run(lake, catalog);
  expect(text("versions/data.csv")).toBe("sensor,number,times\na,1,2\n");
  expect(await run(lake, catalog)).toMatchObject({ outcome: "nothing-new" });
});

test("a run reads each manifest and lists refused records once", async () => {
  await arrive(1, ["a", 1, "2024-01-05"]);
  await run(lake, catalog);
  const calls: string[] = [];
  const watcher = {
    before: async (call: string) => void calls.push(call),
    after: async () => {},
  };
  const counted = () =>
    calls
      .splice(0)
      .flatMap((call) => /^(read _state\/manifest|list _quarantine)/.exec(call)?.[0] ?? [])
      .toSorted();
  expect(await run(watched(lake, watcher), catalog)).toMatchObject({ outcome: "nothing-new" });
  expect(counted()).toEqual(["list _quarantine", "read _state/manifest"]);
  await arrive(2, ["a", 1, "2024-01-06"]);
  expect(await run(watched(lake, watcher), catalog)).toMatchObject({ outcome: "published" });
  expect(counted()).toEqual(["list _quarantine", "read _state/manifest"]);
});

test("a partition of a model depends on versions in all partitions", async () => {
  await arrive(1, ["a", 1, "2024-01-05"], ["b", 1, "2024-02-05"]);
  await run(lake, catalog);
  // The key moves, so the record of January is no longer current.
  await arrive(2, ["a", 1, "2024-02-06"]);
  await run(lake, catalog);
  expect(text("first/taken_on_month=2024-01/data.csv")).toBeUndefined();
  expect(text("first/taken_on_month=2024-02/data.csv")).toBe(
    "sensor,number,first\na,1,2024-01-05\nb,1,2024-02-05\n",
  );
  // January has no current row of it, but the first version changes.
  await lake.silver.delete([...lake.silver.objects.keys()][0] ?? "");
  await run(lake, catalog, { acceptDecrease: ["readings"] });
  expect(text("first/taken_on_month=2024-02/data.csv")).toBe(
    "sensor,number,first\na,1,2024-02-06\n",
  );
});

test("refused records are read, those of merged objects only", async () => {
  await arrive(1, ["a", 1, "2024-01-05"]);
  await refuse(1, "type", "type", "not_null", "x".repeat(5 * 1024 * 1024));
  // Its silver has not been written yet.
  await refuse(2, "range");
  await run(lake, catalog);
  expect(text("refusals/data.csv")).toBe("rule,records\nnot_null,1\ntype,2\nxxxxxxxxx,1\n");
  await arrive(2);
  await run(lake, catalog);
  expect(text("refusals/data.csv")).toBe(
    "rule,records\nnot_null,1\nrange,1\ntype,2\nxxxxxxxxx,1\n",
  );
});

test("refused records that change alone build the model again", async () => {
  await arrive(1, ["a", 1, "2024-01-05"]);
  await run(lake, catalog);
  expect(text("refusals/data.csv")).toBe("rule,records\n");
  await refuse(1, "type");
  expect(await run(lake, catalog)).toMatchObject({ outcome: "published" });
  expect(text("refusals/data.csv")).toBe("rule,records\ntype,1\n");
  expect(await run(lake, catalog)).toMatchObject({ outcome: "nothing-new" });
});

test("slices and a rebuild give the same", async () => {
  const note = "x".repeat(700_000);
  for (const minute of [1, 2, 3]) {
    await arrive(minute, ["a", 1, "2024-01-05", { note }]);
    await refuse(minute, "type");
  }
  await run(lake, catalog, { sliceMib: 1 });
  expect(text("versions/data.csv")).toBe("sensor,number,times\na,1,3\n");
  expect(text("refusals/data.csv")).toBe("rule,records\ntype,3\n");
  await run(lake, catalog, { rebuild: true });
  expect(text("versions/data.csv")).toBe("sensor,number,times\na,1,3\n");
});

test("a name that is almost one of silver's is corrected", async () => {
  const wrong = defineModel({
    name: "wrong",
    description: "",
    materialization: full(),
    columns: { sensor: string() },
    sql: "select sensor from silver_reading",
  });
  await expect(run(lake, defineCatalog([readings], [wrong]))).rejects.toMatchObject({
    message: expect.stringContaining("reads silver_reading, which is neither a table nor a model"),
    hint: "Did you mean silver_readings? Tables and models are: readings, wrong. Each table also has silver_TABLE and quarantine_TABLE.",
  });
});
