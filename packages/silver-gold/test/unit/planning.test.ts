/** Plans what a run reads and builds. */
import { describe, expect, test } from "vitest";
import { planTable, type SilverObject } from "../../src/current/silver-objects.ts";
import { planModel, type Source } from "../../src/models/model-plan.ts";
import type { Manifest } from "../../src/state/manifest.ts";
import { isSameContent, sequenceOf } from "../../src/state/state-keys.ts";
import { monthly, summary } from "../support/lake.ts";
import { roundTrip } from "../support/manifests.ts";

const object = (key: string, etag = "1"): SilverObject => ({
  key,
  etag,
  size: 1,
  lastModified: 0,
  format: "csv",
  bronzeKey: key,
  arrival: "",
});
const keysOf = (objects: readonly SilverObject[]) => objects.map(({ key }) => key);

describe("silver", () => {
  const manifest: Manifest = new Map([
    ["a", { etag: "1", partitions: ["01", "02"] }],
    ["b", { etag: "1", partitions: ["02", "03"] }],
    ["c", { etag: "1", partitions: ["04"] }],
  ]);

  test("nothing is read if nothing changed", () => {
    const plan = planTable([object("a"), object("b"), object("c")], manifest);
    expect(plan).toMatchObject({ dirty: false, newObjects: 0, read: [], reread: [] });
  });

  test("only new objects are read", () => {
    const plan = planTable([object("a"), object("b"), object("c"), object("d")], manifest);
    expect([keysOf(plan.read), keysOf(plan.reread), plan.rebuilt]).toEqual([["d"], [], new Set()]);
  });

  test("after a replaced object, all objects with rows in its old partitions are read again", () => {
    const plan = planTable([object("a"), object("b", "2"), object("c")], manifest);
    expect([keysOf(plan.read), keysOf(plan.reread)]).toEqual([["b"], ["a"]]);
    expect(plan.rebuilt).toEqual(new Set(["02", "03"]));
    expect([...plan.kept.keys()]).toEqual(["a", "c"]);
  });

  test("the same holds after a removed object", () => {
    const plan = planTable([object("a"), object("c")], manifest);
    expect([keysOf(plan.read), keysOf(plan.reread), plan.dirty]).toEqual([[], ["a"], true]);
  });

  test("everything is read without a manifest", () => {
    const plan = planTable([object("a")], undefined);
    expect(plan).toMatchObject({ rebuilt: "all", newObjects: 1, dirty: true });
  });

  test("a manifest is read back as it was written, whatever the order of its entries", async () => {
    expect(await roundTrip(manifest)).toEqual(manifest);
    expect(await roundTrip(new Map([...manifest].reverse()))).toEqual(manifest);
  });
});

describe("models", () => {
  const source = (partitions: string[], changed: string[], more: Partial<Source> = {}): Source => ({
    partitions,
    changed: new Set(changed),
    redefined: false,
    dividedBy: undefined,
    ...more,
  });
  const readings = (changed: string[], more = {}) =>
    new Map([["readings", source(["01", "02"], changed, { dividedBy: "readings", ...more })]]);
  const output = { key: "k", rows: 1, hash: "h" };
  const old = (fingerprint: string) => ({
    fingerprint,
    format: "csv" as const,
    outputs: { "01": output, "02": output, "03": output },
  });
  const incremental = { model: monthly, reads: ["readings"], checkReads: [] };
  const full = { model: summary, reads: ["monthly"], checkReads: [] };
  const none = new Set<string>();
  const known = old(monthly.fingerprint);

  test("changed partitions are built, removed ones are removed", () => {
    const plan = planModel(incremental, readings(["02", "03"]), known, none, false);
    expect(plan).toEqual({ build: ["02"], remove: ["03"], redefined: false });
  });

  test.each([
    ["it is new", readings([]), undefined, false],
    ["its definition changed", readings([]), old("x"), false],
    ["its table's definition changed", readings([], { redefined: true }), known, false],
    ["the run is a rebuild", readings([]), known, true],
  ])("all partitions are built if %s", (_, sources, record, rebuild) => {
    expect(planModel(incremental, sources, record, none, rebuild).build).toEqual(["01", "02"]);
  });

  test("all partitions are built if another source changed", () => {
    const beside = { ...incremental, reads: ["readings", "prices"] };
    const sources = readings([]).set("prices", source([""], [""]));
    expect(planModel(beside, sources, known, none, false).build).toEqual(["01", "02"]);
    sources.set("prices", source([""], []));
    expect(planModel(beside, sources, known, none, false).build).toEqual([]);
  });

  test("a partition is built if its published object is missing", () => {
    expect(planModel(incremental, readings([]), known, new Set(["01"]), false).build).toEqual([
      "01",
    ]);
  });

  test("a full model is built if one of its sources changed", () => {
    const record = { ...old(summary.fingerprint), outputs: { "": output } };
    const sources = (changed: string[]) => new Map([["monthly", source(["01"], changed)]]);
    expect(planModel(full, sources([]), record, none, false).build).toEqual([]);
    expect(planModel(full, sources(["01"]), record, none, false).build).toEqual([""]);
    expect(planModel(full, sources([]), record, new Set([""]), false).build).toEqual([""]);
  });
});

test("state keys contain the run that wrote them, and are compared by content", () => {
  const key = (sequence: string, hash: string) => `t/p=1/${sequence}-${hash}.parquet`;
  const [a, b] = ["0123456789abcdef", "fedcba9876543210"];
  expect(sequenceOf(key("00000012", a))).toBe(12);
  expect(sequenceOf("_state/run.json")).toBeUndefined();
  expect(sequenceOf(`monthly/00000012-${a}.csv`)).toBeUndefined();
  expect(sequenceOf(`t/00000012-${a}.parquet`)).toBe(12);
  expect(sequenceOf(`t/p=1/data.parquet`)).toBeUndefined();
  expect(isSameContent(key("00000001", a), key("00000002", a))).toBe(true);
  expect(isSameContent(key("00000001", a), key("00000001", b))).toBe(false);
});
