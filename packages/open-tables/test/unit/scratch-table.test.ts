/** What another program wrote to a scratch table is taken over only if it is what was asked for. */
import { describe, expect, test } from "vitest";
import { scratchFiles, scratchMetadata } from "../../src/iceberg/scratch-table.ts";
import { commitTable } from "../../src/open-table.ts";
import type { OpenColumn } from "../../src/table-schema.ts";

const columns: readonly OpenColumn[] = [
  { id: 4, name: "amount", type: { kind: "decimal", precision: 18, scale: 2 }, nullable: true },
  { id: 2, name: "day", type: { kind: "date" }, nullable: true },
  { id: 7, name: "note", type: { kind: "string" }, nullable: true },
];
const table = {
  id: "0b50bb1f-5b2e-4d1c-9d4a-0d9a5c1b7a10",
  location: "s3://b/m/athena/t",
  schema: { columns },
};
const file = {
  ...{ path: "data/1.parquet", partition: "", rows: 3, bytes: 100 },
  columns: {
    amount: { nulls: 0, min: "-1.50", max: "12.00" },
    day: { nulls: 1, min: "1969-12-31", max: "2024-02-29" },
    note: { min: "a", max: "b" },
  },
};

/** What a program writes that adds these files. @param change Changes the metadata. */
async function written(
  files = [file],
  change: (metadata: Record<string, unknown>) => void = () => {},
) {
  const { objects } = await commitTable(undefined, {
    ...{ run: 1, at: 1, operation: "append", retention: 1, formats: ["iceberg"], files },
    ...{ location: table.location, schema: { name: "m", description: "", columns } },
  });
  const all = new Map(objects.create.map(({ key, bytes }) => [`${table.location}/${key}`, bytes]));
  const [, last = new Uint8Array()] = [...all].at(-1) ?? [];
  const metadata: Record<string, unknown> = {
    ...JSON.parse(Buffer.from(last).toString()),
    "table-uuid": table.id,
  };
  change(metadata);
  return await scratchFiles(table, Buffer.from(JSON.stringify(metadata)), async (address) => {
    return all.get(address) ?? new Uint8Array();
  });
}

test("files come with exact statistics, and without those that another program may have cut", async () => {
  expect(await written()).toEqual([{ ...file, columns: { ...file.columns, note: {} } }]);
});

test("an empty table has no files", async () => {
  const { key, bytes } = scratchMetadata(table);
  expect(key).toBe(`metadata/00000-${table.id}.metadata.json`);
  expect(
    await scratchFiles(table, bytes, () => Promise.reject(new TypeError("Nothing is to be read."))),
  ).toEqual([]);
});

describe("refuses", () => {
  test.each([
    [
      "another table",
      (found: Record<string, unknown>) => {
        found["table-uuid"] = "x";
      },
      /another table/,
    ],
    [
      "another place",
      (found: Record<string, unknown>) => {
        found["location"] = "s3://b/m";
      },
      /another table/,
    ],
    [
      "other columns",
      (found: Record<string, unknown>) => {
        found["schemas"] = [];
      },
      /its columns are not/,
    ],
    [
      "several writers",
      (found: Record<string, unknown>) => {
        found["snapshots"] = [...(found["snapshots"] as []), {}];
      },
      /more than once/,
    ],
  ])("%s", async (_, change, message) => {
    await expect(written([file], change)).rejects.toThrow(message);
  });

  test("files with another number of rows than the table", async () => {
    const summary = { "total-records": "4" };
    const change = (found: Record<string, unknown>) => {
      const snapshots = found["snapshots"] as readonly object[];
      found["snapshots"] = snapshots.map((each) => ({ ...each, summary }));
    };
    await expect(written([file], change)).rejects.toThrow(/have 3 rows, but it has 4/);
  });

  test("files that are not in its folder", async () => {
    const moved = { ...file, path: "../other/1.parquet" };
    await expect(written([moved])).rejects.toThrow(
      /is no Parquet file that was added to its folder/,
    );
  });
});
