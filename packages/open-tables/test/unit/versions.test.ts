/** What readers find in the metadata of a table's versions. */
import { runs } from "@lakehouse/testing/property";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { DataFile } from "../../src/data-file.ts";
import {
  changeOf,
  commitTable,
  foreignCommit,
  isOwnCommit,
  laterVersions,
  type TableChange,
} from "../../src/open-table.ts";
import { Folder } from "../support/publish.ts";
import {
  actionsOf,
  deltaFiles,
  icebergFiles,
  lastMetadata,
  manifestsOf,
} from "../support/replay.ts";
import { changeTo, day, orderFile, orders } from "../support/tables.ts";

const start = Date.parse("2026-11-01T06:00:00Z");
const location = "s3://lake/orders";

/** The keys of a folder's Iceberg metadata, sorted. */
function icebergKeys({ objects }: Folder): string[] {
  return [...objects.keys()].filter((key) => key.startsWith("metadata/")).sort();
}

function pathsOf(files: readonly DataFile[]): string[] {
  return files.map(({ path }) => path).sort();
}

/** Runs: which of twelve files each leaves in the table, and how many days it is after the one before. */
const anyHistory = fc.array(
  fc.record({ files: fc.subarray([...Array(12).keys()]), days: fc.nat({ max: 4 }) }),
  { minLength: 1, maxLength: 25 },
);

test("replaying the metadata gives the files of every kept version, and nothing else is left", async () => {
  await fc.assert(
    fc.asyncProperty(anyHistory, async (history) => {
      const folder = new Folder();
      const data = new Set<string>();
      const versions: { at: number; files: string[] }[] = [];
      let at = start;
      // A name is never used again, because it has the digest of the content.
      const names = new Map<number, string>();
      for (const [run, { files, days }] of history.entries()) {
        at += days * day + 1;
        for (const file of names
          .keys()
          .filter((each) => !files.includes(each))
          .toArray()) {
          names.delete(file);
        }
        const all = files.map((file) => {
          const name = names.get(file) ?? `${run}-${file}`;
          names.set(file, name);
          return orderFile(name, `2026-0${(file % 9) + 1}`);
        });
        const before = folder.last;
        const { unused } = await folder.commit(changeTo(all, { run, at }));
        for (const { path } of all) {
          data.add(path);
        }
        for (const path of unused) {
          expect(data.delete(path), path).toBe(true);
        }
        versions.push({ at, files: pathsOf(all) });
        // Whoever publishes it later makes the same bytes.
        const again = await commitTable(before, changeOf(folder.last ?? never()));
        for (const { key, bytes } of again.objects.create) {
          expect(Buffer.from(bytes).equals(folder.objects.get(key) ?? new Uint8Array()), key).toBe(
            true,
          );
        }
      }
      const { table } = folder.last ?? never();
      const kept = table.versions.map(({ version }) => version);
      const metadata = lastMetadata(folder.objects);
      expect(metadata.snapshots.map((each) => each["sequence-number"] - 1)).toEqual(kept);
      for (const [index, version] of kept.entries()) {
        const expected = versions[version]?.files ?? [];
        expect(await deltaFiles(folder.objects, version)).toEqual(expected);
        const snapshot = metadata.snapshots[index] ?? never();
        expect(await icebergFiles(folder.objects, snapshot, location)).toEqual(expected);
      }
      const needed = new Set(kept.flatMap((version) => versions[version]?.files ?? []));
      expect([...data].sort()).toEqual([...needed].sort());
    }),
    runs(10),
  );
});

function never(): never {
  throw new TypeError("There is no version.");
}

describe("versions", () => {
  test("the first one can be empty", async () => {
    const folder = new Folder();
    await folder.commit(changeTo([]));
    expect(Object.keys(actionsOf(folder.objects, 0).at(1) ?? {})).toEqual(["protocol"]);
    expect(await deltaFiles(folder.objects, 0)).toEqual([]);
    const metadata = lastMetadata(folder.objects);
    expect(metadata.snapshots).toHaveLength(1);
    expect(await icebergFiles(folder.objects, metadata.snapshots[0] ?? never(), location)).toEqual(
      [],
    );
  });

  test("have types, comments and nullability from the contract", async () => {
    const folder = new Folder();
    await folder.commit(changeTo([]));
    const metaData = actionsOf(folder.objects, 0).flatMap((action) => action["metaData"] ?? [])[0];
    const { schemaString, ...rest } = metaData as { readonly schemaString: string };
    expect(JSON.parse(schemaString)).toEqual({
      type: "struct",
      fields: [
        { name: "order_id", type: "long", nullable: false, metadata: {} },
        { name: "amount", type: "decimal(18,2)", nullable: true, metadata: {} },
        {
          name: "order_date",
          type: "date",
          nullable: false,
          metadata: { comment: 'When they "ordered"' },
        },
        {
          name: "order_date_month",
          type: "string",
          nullable: true,
          metadata: { comment: "The month of order_date" },
        },
      ],
    });
    expect(rest).toMatchObject({
      description: "What customers bought",
      partitionColumns: ["order_date_month"],
    });
    expect(lastMetadata(folder.objects).schemas[0]?.fields).toEqual([
      { id: 1, name: "order_id", required: true, type: "long" },
      { id: 2, name: "amount", required: false, type: "decimal(18, 2)" },
      { id: 3, name: "order_date", required: true, type: "date", doc: 'When they "ordered"' },
    ]);
  });

  test("a column that older files lack may be null, and stays so", async () => {
    const folder = new Folder();
    const note = { id: 4, name: "note", type: { kind: "string" }, nullable: false } as const;
    const schema = { ...orders, columns: [...orders.columns, note] };
    const [old, other] = [orderFile("a", "2026-01"), orderFile("b", "2026-02")];
    const full = {
      ...other,
      columns: { ...other.columns, note: { nulls: 0, min: "a", max: "b" } },
    };
    await folder.commit(changeTo([old]));
    await folder.commit(changeTo([old, full], { schema }));
    await folder.commit(changeTo([full], { schema }));
    const { schemas, snapshots } = lastMetadata(folder.objects);
    expect(snapshots.map((each) => each["schema-id"])).toEqual([0, 1, 1]);
    expect(schemas[1]?.fields.at(-1)).toMatchObject({ id: 4, required: false });
    expect(actionsOf(folder.objects, 1).some((action) => "metaData" in action)).toBe(true);
    expect(actionsOf(folder.objects, 2).some((action) => "metaData" in action)).toBe(false);
  });

  test("a column of another type has another id, and the greatest id stays", async () => {
    const folder = new Folder();
    await folder.commit(changeTo([]));
    const [id, , date] = orders.columns;
    const columns = [id ?? never(), date ?? never()];
    await folder.commit(changeTo([], { schema: { ...orders, columns } }));
    expect(lastMetadata(folder.objects)["last-column-id"]).toBe(3);
    expect(lastMetadata(folder.objects)["current-schema-id"]).toBe(1);
  });

  test("have later times than those before", async () => {
    const folder = new Folder();
    await folder.commit(changeTo([], { at: start }));
    await folder.commit(changeTo([orderFile("a", "2026-01")], { at: start - day }));
    const times = folder.last?.table.versions.map(({ at }) => at);
    expect(times).toEqual([start, start + 1]);
    expect(actionsOf(folder.objects, 1)[0]).toMatchObject({ commitInfo: { timestamp: start + 1 } });
  });

  test("that only join files don't change data", async () => {
    const folder = new Folder();
    await folder.commit(changeTo([orderFile("a", "2026-01"), orderFile("b", "2026-01")]));
    await folder.commit(changeTo([orderFile("c", "2026-01", 20)], { operation: "replace" }));
    const changes = actionsOf(folder.objects, 1).flatMap(({ add, remove }) => add ?? remove ?? []);
    expect(changes).toHaveLength(3);
    expect(changes.every((change) => (change as { dataChange: boolean }).dataChange)).toBe(false);
    expect(lastMetadata(folder.objects).snapshots.at(-1)?.summary).toMatchObject({
      operation: "replace",
    });
  });

  test("that remove files are no appends", async () => {
    const folder = new Folder();
    await folder.commit(changeTo([orderFile("a", "2026-01")], { operation: "append" }));
    await folder.commit(changeTo([orderFile("b", "2026-01")], { operation: "append" }));
    expect(
      lastMetadata(folder.objects).snapshots.map(({ summary }) => summary["operation"]),
    ).toEqual(["append", "overwrite"]);
    expect(actionsOf(folder.objects, 1)[0]).toMatchObject({ commitInfo: { isBlindAppend: false } });
  });

  test("name the run, so that nobody commits it twice", async () => {
    const folder = new Folder();
    await folder.commit(changeTo([], { run: 41 }));
    expect(actionsOf(folder.objects, 0)).toContainEqual({
      txn: { appId: "serverless-lakehouse", version: 41, lastUpdated: start },
    });
  });
});

describe("partitions", () => {
  const dated = (
    unit: "day" | "month" | "year",
    partition: string,
    date = `${partition}-01-01`,
  ) => {
    const partitionBy = { unit, column: "order_date" } as const;
    const file = orderFile("a", "2026-01");
    const bounds = { nulls: 0, min: date.slice(0, 10), max: date.slice(0, 10) };
    const change: Partial<TableChange> = { schema: { ...orders, partitionBy } };
    return changeTo(
      [{ ...file, partition, columns: { ...file.columns, order_date: bounds } }],
      change,
    );
  };

  async function partitionIn(change: TableChange) {
    const folder = new Folder();
    await folder.commit(change);
    const snapshot = lastMetadata(folder.objects).snapshots[0] ?? never();
    const [manifest] = await manifestsOf(folder.objects, snapshot, location);
    const add = actionsOf(folder.objects, 0).flatMap((action) => action["add"] ?? [])[0];
    return {
      iceberg: manifest?.entries[0]?.data_file.partition,
      delta: (add as { readonly partitionValues: unknown }).partitionValues,
    };
  }

  test.each([
    ["day", "1970-01-02", 1],
    ["day", "1969-12-31", -1],
    ["month", "1969-12", -1],
    ["month", "2026-11", 682],
    ["year", "1969", -1],
    ["year", "2026", 56],
    ["year", "0001", -1969],
    ["month", "9999-12", 96_359],
  ] as const)("%s %s is %i in Iceberg", async (unit, partition, expected) => {
    expect(await partitionIn(dated(unit, partition))).toEqual({
      iceberg: { [`order_date_${unit}`]: expected },
      delta: { [`order_date_${unit}`]: partition },
    });
  });

  test("a partition of nulls is null", async () => {
    const file = { ...orderFile("a", "2026-01"), partition: "" };
    const columns = { ...file.columns, order_date: { nulls: file.rows } };
    expect(await partitionIn(changeTo([{ ...file, columns }]))).toEqual({
      iceberg: { order_date_month: null },
      delta: { order_date_month: null },
    });
  });

  test("a table can be one partition", async () => {
    const { partitionBy: _, ...schema } = orders;
    const file = { ...orderFile("a", "2026-01"), partition: "" };
    expect(await partitionIn(changeTo([file], { schema }))).toEqual({ iceberg: {}, delta: {} });
  });

  test("a file with rows of another partition is refused", async () => {
    const change = dated("month", "2026-02", "2026-03-01");
    await expect(commitTable(undefined, change)).rejects.toThrow(
      "File orders/order_date_month=2026-01/a.parquet has rows outside partition 2026-02",
    );
  });

  test("other partitions are another spec, with a field id of its own", async () => {
    const folder = new Folder();
    await folder.commit(changeTo([orderFile("a", "2026-01")]));
    await folder.commit(dated("day", "2026-01-05", "2026-01-05"));
    const { "partition-specs": specs, "default-spec-id": current } = lastMetadata(folder.objects);
    const field = (transform: string, id: number) => ({
      name: `order_date_${transform}`,
      transform,
      "source-id": 3,
      "field-id": id,
    });
    expect(specs).toEqual([
      { "spec-id": 0, fields: [field("month", 1000)] },
      { "spec-id": 1, fields: [field("day", 1001)] },
    ]);
    expect(current).toBe(1);
  });

  test("paths are parts of URIs in Delta and plain in Iceberg", async () => {
    const folder = new Folder();
    const file = {
      ...orderFile("a", "2026-01"),
      path: "order_date_month=2026-01/a b%20ü+#.parquet",
    };
    await folder.commit(changeTo([file]));
    const add = actionsOf(folder.objects, 0).flatMap((action) => action["add"] ?? [])[0];
    expect(add).toMatchObject({ path: "order_date_month=2026-01/a%20b%2520%C3%BC%2B%23.parquet" });
    const snapshot = lastMetadata(folder.objects).snapshots[0] ?? never();
    expect(await icebergFiles(folder.objects, snapshot, location)).toEqual([file.path]);
  });
});

describe("manifests", () => {
  const many = Array.from({ length: 1_200 }, (_, index) => {
    const month = `${1900 + Math.floor(index / 12)}-${String((index % 12) + 1).padStart(2, "0")}`;
    return orderFile(String(index), month);
  });

  test("a commit writes what it changes", async () => {
    const folder = new Folder();
    await folder.commit(changeTo(many));
    const written = [...folder.objects.keys()].filter((key) => key.includes("-m"));
    expect(written).toHaveLength(3);
    const last = many.at(-1) ?? never();
    const { objects } = await folder.commit(
      changeTo([...many.slice(0, -1), orderFile("new", last.partition)]),
    );
    const manifests = objects.create.filter(({ key }) => key.includes("-m"));
    // The added file, and the manifest of the removed one.
    expect(manifests).toHaveLength(2);
    expect(actionsOf(folder.objects, 1)).toHaveLength(4);
    const snapshot = lastMetadata(folder.objects).snapshots.at(-1) ?? never();
    expect(await manifestsOf(folder.objects, snapshot, location)).toHaveLength(4);
  });

  test("many small ones are joined", async () => {
    const folder = new Folder();
    for (let count = 1; count <= 30; count += 1) {
      await folder.commit(changeTo(many.slice(0, count), { operation: "append" }));
    }
    const snapshot = lastMetadata(folder.objects).snapshots.at(-1) ?? never();
    const manifests = await manifestsOf(folder.objects, snapshot, location);
    expect(manifests.length).toBeLessThan(12);
    expect(await icebergFiles(folder.objects, snapshot, location)).toEqual(
      pathsOf(many.slice(0, 30)),
    );
    const oldest = manifests
      .flatMap(({ entries }) => entries)
      .find(({ data_file }) => data_file.file_path.endsWith("/0.parquet"));
    expect(oldest).toMatchObject({ status: 0, sequence_number: 1 });
  });

  test("count what they hold", async () => {
    const folder = new Folder();
    const [a, b, c] = [
      orderFile("a", "2026-01", 1),
      orderFile("b", "2026-02", 2),
      orderFile("c", "2026-02", 4),
    ];
    await folder.commit(changeTo([a, b]));
    await folder.commit(changeTo([a, c]));
    const snapshot = lastMetadata(folder.objects).snapshots.at(-1) ?? never();
    const manifests = await manifestsOf(folder.objects, snapshot, location);
    expect(manifests.map(({ listed }) => listed)).toMatchObject([
      {
        added_files_count: 1,
        added_rows_count: 4,
        existing_files_count: 0,
        deleted_files_count: 0,
      },
      {
        added_files_count: 0,
        existing_rows_count: 1,
        deleted_files_count: 1,
        deleted_rows_count: 2,
      },
    ]);
  });
});

describe("names", () => {
  // Trino takes files of the same path for the same, whatever their bucket.
  test("are of one lake and one version, also if two lakes have the same state", async () => {
    const names = ["s3://dev/orders", "s3://prod/orders"].map(async (location) => {
      const folder = new Folder();
      await folder.commit(changeTo([orderFile("a", "2026-01")], { location }));
      const copy = new Folder();
      copy.last = folder.last;
      await folder.commit(changeTo([orderFile("b", "2026-01")], { location, at: start + day }));
      await copy.commit(changeTo([orderFile("c", "2026-01")], { location, at: start + day + 1 }));
      return [...icebergKeys(folder), ...icebergKeys(copy)];
    });
    const all = (await Promise.all(names)).flat().filter((key) => !key.endsWith(".text"));
    expect(all.length).toBeGreaterThan(20);
    expect(new Set(all).size).toBe(all.length);
  });

  test("of an earlier version of this program go with its versions", async () => {
    const folder = new Folder();
    const files = [orderFile("a", "2026-01")];
    const isPlain = (key: string) => /^metadata\/(?:v?\d+\.|\d+-(?:m|snapshot))/.test(key);
    for (const name of ["b", "c"]) {
      const before = folder.last;
      files.push(orderFile(name, "2026-01"));
      await folder.commit(changeTo([...files], { plainNames: true }));
      expect(folder.text("metadata/version-hint.text")).toBe(name === "b" ? "1" : "2");
      // It did not remember them.
      const { table } = folder.last ?? never();
      for (const file of table.formats.iceberg?.metadata ?? []) {
        Reflect.deleteProperty(file, "key");
      }
      // It was killed before it could publish.
      const again = await commitTable(before, changeOf(folder.last ?? never()));
      const keys = again.objects.create.map(({ key }) => key);
      expect(keys.filter((key) => key.startsWith("metadata/")).every(isPlain)).toBe(true);
      expect(keys.filter((key) => !folder.objects.has(key))).toEqual([]);
    }
    const [version] = folder.last?.table.versions.slice(-1) ?? [];
    const at = (version?.at ?? 0) + 1;
    await folder.commit(changeTo([...files, orderFile("d", "2026-01")], { at }));
    const { snapshots, ...metadata } = lastMetadata(folder.objects);
    const counts = snapshots.map((each) => icebergFiles(folder.objects, each, location));
    expect((await Promise.all(counts)).map(({ length }) => length)).toEqual([2, 3, 4]);
    expect(metadata["metadata-log"].map((each) => each["metadata-file"])).toEqual([
      `${location}/metadata/v1.metadata.json`,
      `${location}/metadata/v2.metadata.json`,
    ]);
    const [last] = snapshots.slice(-1);
    const listed = await manifestsOf(folder.objects, last ?? never(), location);
    const addresses = listed.map((each) => String(each.listed["manifest_path"]));
    expect(addresses.filter((each) => isPlain(each.slice(location.length + 1)))).toEqual([]);
    await folder.commit(changeTo(files, { at: at + 30 * day }));
    expect(icebergKeys(folder).filter((key) => isPlain(key))).toEqual([]);
  });
});

describe("places", () => {
  test("a table that moved gets new metadata, and Delta goes on", async () => {
    const folder = new Folder();
    const file = orderFile("a", "2026-01");
    await folder.commit(changeTo([file]));
    await folder.commit(changeTo([file], { location: "s3://other/orders", operation: "replace" }));
    const metadata = lastMetadata(folder.objects);
    expect(metadata).toMatchObject({ location: "s3://other/orders", "metadata-log": [] });
    expect(metadata["table-uuid"]).toBe(folder.last?.table.id);
    const [only] = metadata.snapshots;
    expect(await icebergFiles(folder.objects, only ?? never(), "s3://other/orders")).toEqual([
      file.path,
    ]);
    expect(icebergKeys(folder)).toEqual([
      expect.stringMatching(/^metadata\/00002-.*\.metadata\.json$/),
      expect.stringMatching(/-m0\.avro$/),
      expect.stringMatching(/\/snap-.*\.avro$/),
      "metadata/version-hint.text",
    ]);
    expect(await deltaFiles(folder.objects, 1)).toEqual([file.path]);
  });

  test("a format that is no longer wanted leaves nothing, and can come back", async () => {
    const folder = new Folder();
    const [a, b] = [orderFile("a", "2026-01"), orderFile("b", "2026-02")];
    await folder.commit(changeTo([a]));
    await folder.commit(changeTo([a, b], { formats: ["delta"] }));
    expect([...folder.objects.keys()].some((key) => key.startsWith("metadata/"))).toBe(false);
    await folder.commit(changeTo([b]));
    await folder.commit(changeTo([b, orderFile("c", "2026-01")]));
    const metadata = lastMetadata(folder.objects);
    expect(metadata.snapshots).toHaveLength(2);
    const snapshot = metadata.snapshots.at(-1) ?? never();
    const manifests = await manifestsOf(folder.objects, snapshot, location);
    // The file was there before the first snapshot, which is the one that added it to Iceberg.
    const entry = manifests
      .flatMap(({ entries }) => entries)
      .find(({ data_file }) => data_file.file_path.endsWith("b.parquet"));
    expect(entry?.snapshot_id).toBe(metadata.snapshots[0]?.["snapshot-id"]);
  });
});

test.each([
  [
    "_delta_log/00000000000000000007.json",
    '{"commitInfo":{"timestamp":1793512800000,"operation":"MERGE","engineInfo":"Apache-Spark/4.0.0"}}\n{"txn":{}}\n',
    "Apache-Spark/4.0.0 (MERGE, 2026-11-01T06:00:00.000Z)",
  ],
  [
    "_delta_log/00000000000000000007.json",
    "{}\nnot JSON",
    "an unknown writer (no operation named)",
  ],
  [
    "metadata/v8.metadata.json",
    '{"snapshots":[{"summary":{"operation":"delete","engine-name":"trino","engine-version":"476"}}]}',
    "trino/476 (delete)",
  ],
  ["metadata/8-m0.avro", "Obj", "an unknown writer (no operation named)"],
])("a commit of another program is named (%s)", (key, content, writer) => {
  const error = foreignCommit("orders", key, Buffer.from(content));
  expect(error.message).toBe(
    `Another program has written to an open table: orders/${key} is by ${writer}. ${error.hint}`,
  );
  expect(error.hint).toContain(`remove orders/${key}`);
});

describe("versions that are not ours", () => {
  test("are told from ours and from older ones by their keys", () => {
    const last = ["_delta_log/00000000000000000002.json", "metadata/v3.metadata.json"];
    const known = [
      "_delta_log/00000000000000000001.json",
      "_delta_log/00000000000000000010.checkpoint.parquet",
      "_delta_log/_last_checkpoint",
      "metadata/v3.metadata.json",
      "metadata/v2.metadata.json",
      "metadata/3-m0.avro",
      "metadata/version-hint.text",
      "metadata/00002-5f0b3c1e-9d2a-8c47-8e15-0a6b7c8d9e0f.metadata.json",
    ];
    const later = [
      "_delta_log/00000000000000000003.json",
      "metadata/00003-2b1c.metadata.json",
      "metadata/00003-5f0b3c1e-9d2a-4c47-8e15-0a6b7c8d9e0f.metadata.json",
      "metadata/00004-5f0b3c1e-9d2a-8c47-8e15-0a6b7c8d9e0f.metadata.json",
      "metadata/v10.metadata.json",
      "metadata/v4.metadata.json.gz",
    ];
    expect(laterVersions([...known, ...later], last)).toEqual(
      later.filter((key) => !/gz$/.test(key)).concat("metadata/v4.metadata.json.gz"),
    );
    const ours = "metadata/00010-5f0b3c1e-9d2a-8c47-8e15-0a6b7c8d9e0f.metadata.json";
    const earlier = known.filter((key) => key.startsWith("metadata/"));
    expect(laterVersions([...earlier, ours, "metadata/v9.metadata.json"], [ours])).toEqual([]);
    expect(laterVersions(["metadata/v11.metadata.json"], [ours])).toHaveLength(1);
    expect(laterVersions(["metadata/v1.metadata.json"], [])).toEqual(["metadata/v1.metadata.json"]);
  });

  test("a change of Iceberg's metadata without a snapshot is another program's", async () => {
    const folder = new Folder();
    await folder.commit(changeTo([]));
    const [key = ""] = icebergKeys(folder);
    const ours = folder.objects.get(key) ?? new Uint8Array();
    expect(isOwnCommit(key, ours)).toBe(true);
    const metadata = JSON.parse(Buffer.from(ours).toString());
    const changed = Buffer.from(
      JSON.stringify({ ...metadata, "last-updated-ms": metadata["last-updated-ms"] + 1 }),
    );
    expect(isOwnCommit("metadata/v2.metadata.json", changed)).toBe(false);
    expect(isOwnCommit("metadata/00002-2b1c.metadata.json", ours)).toBe(false);
    expect(foreignCommit("orders", "metadata/v2.metadata.json", changed).message).toContain(
      "an unknown writer (a change of metadata, 2026-11-01T06:00:00.001Z)",
    );
  });
});
