/** Trino reads open tables as Athena does: as Iceberg, and as Delta, through Glue. */
import { join } from "node:path";
import type { ColumnType } from "@lakehouse/transforms/types/types";
import { beforeAll, describe, expect, test } from "vitest";
import type { Client } from "../../src/trino/client.ts";
import type { Trino } from "../../src/trino/server.ts";
import { value } from "../support/canonical.ts";
import { addressOf, createOpenCatalog, register } from "../support/open-catalog.ts";
import { OpenLake, Writer } from "../support/open-lake.ts";
import { id, rows, typed, values } from "../support/open-rows.ts";

const place = "open";

/** A value as Trino's SQL. */
function literalOf(type: ColumnType, text: string): string {
  const quoted = `'${text.replaceAll("'", "''")}'`;
  switch (type.kind) {
    case "timestamp":
      return `timestamp '${text.replace("T", " ").replace("Z", " UTC")}'`;
    case "date":
      return `date ${quoted}`;
    case "decimal":
      return `decimal ${quoted}`;
    case "float64":
      return `double ${quoted}`;
    case "int64":
      return `bigint ${quoted}`;
    case "int32":
      return `integer ${quoted}`;
    case "boolean":
      return text;
    case "string":
    case "json":
    case "uuid":
      return quoted;
  }
}

/**
 * The tests.
 *
 * @param folder An empty folder.
 */
export function openTables(trino: Trino | undefined, endpoint: string, folder: string): void {
  describe.skipIf(trino === undefined).each([
    ["iceberg", ""],
    ["delta", "_delta"],
  ])("Trino, open tables as %s", (catalog, suffix) => {
    let client: Client;

    beforeAll(async () => {
      client = trino?.client(catalog, place) as Client;
      if (catalog === "iceberg") {
        await createOpenCatalog(endpoint, place);
        const writer = await Writer.open();
        const schema = { name: "types", description: "", columns: [id, ...typed] };
        const lake = new OpenLake(join(folder, "types"), schema);
        const location = addressOf("types", place);
        await lake.commit([], { location });
        const files = await Promise.all(
          rows.map((row, index) =>
            writer.write(lake.folder, `${index}.parquet`, "", schema.columns, [row]),
          ),
        );
        await lake.commit(files.slice(0, 3), { location });
        await lake.commit(files, { location });
        await register(endpoint, lake, place);
      }
    });

    /** Trino reads the timestamps of Delta in milliseconds (trinodb/trino#20359). */
    const isExact = ({ kind }: ColumnType) => catalog === "iceberg" || kind !== "timestamp";

    test("every value", async () => {
      const columns = [id, ...typed].filter(({ type }) => isExact(type));
      const names = columns.map(({ name }) => name).join(", ");
      const found = await client.run(`select ${names} from types${suffix} order by id`);
      const expected = rows.map((row) =>
        [id, ...typed].flatMap((each, index) => (isExact(each.type) ? [row[index] ?? null] : [])),
      );
      const read = found.rows.map((row) =>
        row.map((each, index) => {
          const text = value(each, found.columns[index]?.type ?? "");
          return text === null ? null : String(text);
        }),
      );
      expect(read).toEqual(expected);
    });

    // Each value is in a file of its own, so the bounds in the metadata decide which files are read.
    test("every value is found by a filter", async () => {
      // Of UUIDs and JSON, which are strings, Trino compares nothing else.
      const cases = typed.flatMap((each, index) =>
        isExact(each.type) && !["uuid", "json"].includes(each.type.kind)
          ? [{ ...each, texts: values[index] ?? [], place: index + 1 }]
          : [],
      );
      const statements = cases.map(({ name, type, texts }) => {
        const list = texts.map((text) => literalOf(type, text)).join(", ");
        return `select '${name}' as name, array_sort(array_agg(id)) as ids from types${suffix} where ${name} in (${list})`;
      });
      const found = await client.run(statements.join(" union all "));
      const expected = cases.map(({ name, place }) => [
        name,
        rows.flatMap((row, position) => (row[place] === null ? [] : [position])),
      ]);
      expect(new Map(found.rows as [string, number[]][])).toEqual(
        new Map(expected as [string, number[]][]),
      );
    });

    test("earlier versions", async () => {
      const snapshots = await client.run(
        catalog === "iceberg"
          ? 'select snapshot_id from "types$snapshots" order by committed_at'
          : 'select version from "types_delta$history" order by version',
      );
      const counts: unknown[] = [];
      for (const [version] of snapshots.rows) {
        const sql = `select count(*) from types${suffix} for version as of ${String(version)}`;
        counts.push((await client.run(sql)).rows.flat()[0]);
      }
      expect(counts).toEqual([0, 3, rows.length]);
    });
  });

  // It caches files by their path without the bucket.
  test.skipIf(trino === undefined)(
    "Trino tells two lakes with tables of the same name apart",
    async () => {
      const writer = await Writer.open();
      for (const [index, lakeName] of ["dev", "prod"].entries()) {
        const schema = { name: "twins", description: "", columns: [id] };
        const lake = new OpenLake(join(folder, lakeName), schema);
        const rows = [[String(index)]];
        const file = await writer.write(lake.folder, `${index}.parquet`, "", [id], rows);
        await lake.commit([file], { location: addressOf("twins", lakeName) });
        await createOpenCatalog(endpoint, lakeName);
        await register(endpoint, lake, lakeName);
        const found = await trino?.client("iceberg", lakeName).run("select id from twins");
        expect(found?.rows).toEqual([[index]]);
      }
    },
  );
}
