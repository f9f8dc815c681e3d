/** Trino, the engine of Athena, reads a deployed lake through the Glue catalog that the infrastructure package defines. */

import { formats } from "@lakehouse/formats/formats";
import { type Relation, relationsOf } from "@lakehouse/lake/relations";
import { startMoto } from "@lakehouse/lake/testing/moto";
import { catalog as sampleCatalog } from "@lakehouse/tables/catalog";
import { temporaryDirectory } from "@lakehouse/testing/temporary-directory";
import { defineCatalog } from "@lakehouse/transforms/model/catalog";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Client, TrinoRows } from "../../src/trino/client.ts";
import { startTrino, type Trino } from "../../src/trino/server.ts";
import { unlessUnavailable } from "../../src/unavailable.ts";
import { modelsOnAthena } from "../parts/athena-runs.ts";
import { translatedModels } from "../parts/trino-models.ts";
import { openTables } from "../parts/trino-open-tables.ts";
import { fromLakehouse, fromTrino } from "../support/canonical.ts";
import { type DeployedLake, deployLake } from "../support/deployed-lake.ts";
import { recentSample } from "../support/recent-sample.ts";
import { everyTypes, withLineEnds } from "../support/tables.ts";

const untested = "what Athena's engine reads";
const moto = await startMoto(untested);
const endpoint = moto?.endpoint ?? "";
const folder = temporaryDirectory();
/** Athena's catalog. Its settings that AWS does not document are Trino's defaults. */
const athena = {
  "connector.name": "hive",
  "hive.metastore": "glue",
  "hive.partition-projection-enabled": "true",
  // The tests compare microseconds. Athena has milliseconds here.
  "hive.timestamp-precision": "MICROSECONDS",
  // Iceberg tables are found by the same names.
  "hive.iceberg-catalog-name": "iceberg",
  // A folder is listed once, however many queries read it.
  "hive.file-status-cache-tables": "*",
};

const catalogs = {
  awsdatacatalog: { ...athena, ...services(endpoint) },
  iceberg: { "connector.name": "iceberg", "iceberg.catalog.type": "glue", ...services(endpoint) },
  // It writes the files of UNLOAD, as those of a table that is outside of its own folder. The emulated Glue takes no statistics.
  unload: {
    ...{ "connector.name": "hive", "hive.metastore": "file", ...files(endpoint) },
    ...{ "fs.native-local.enabled": "true", "local.location": folder },
    "hive.metastore.catalog.dir": "local:///metastore",
    "hive.non-managed-table-writes-enabled": "true",
  },
  delta: { "connector.name": "delta_lake", "hive.metastore": "glue", ...services(endpoint) },
};
const trino: Trino | undefined =
  moto && (await unlessUnavailable(untested, () => startTrino(catalogs)));

afterAll(async () => {
  await trino?.stop();
  await moto?.stop();
});

const made = [...everyTypes, withLineEnds];
const catalog = defineCatalog(
  [...sampleCatalog.tables, ...made.map(({ table }) => table)],
  [...sampleCatalog.models, ...made.flatMap(({ models }) => models)],
);
const relations = relationsOf(catalog);
const unreadable = new Set(["silver_lines", ...withLineEnds.models.map(({ name }) => name)]);

openTables(trino, endpoint, folder);
translatedModels(trino, folder);
modelsOnAthena(trino, endpoint, folder);

describe.skipIf(trino === undefined)("Trino", () => {
  let deployed: DeployedLake;
  let client: Client;

  beforeAll(async () => {
    const records = new Map([
      ...sampleCatalog.tables.map((table) => [table.name, recentSample(table)] as const),
      ...made.map(({ table, records }) => [table.name, records] as const),
    ]);
    deployed = await deployLake(endpoint, catalog, records, folder);
    client = trino?.client("awsdatacatalog", deployed.glue.database) as Client;
  });

  const current = relations.filter(({ kind }) => kind === "current");
  const readable = relations.filter(({ name }) => !unreadable.has(name));
  test.each(readable.map((relation) => [relation.name, relation] as const))(
    "reads every row of %s",
    async (name, relation) => {
      const sql = rowsOf(relation);
      const rows = fromTrino(await client.run(`${sql} ${recentMonths(relation)}`));
      expect(rows).toEqual(fromLakehouse(await deployed.query(sql), relation));
      if (name !== "quarantine_lines") {
        expect(rows.length).toBeGreaterThan(0);
      }
    },
  );

  test.each(current.map(({ name }) => [name] as const))(
    "reads %s as it was before the last gold run",
    async (name) => {
      const { rows } = await client.run(
        `select snapshot_id from iceberg.${deployed.glue.database}."${name}$snapshots" order by committed_at`,
      );
      expect(rows.length).toBeGreaterThan(1);
      const [[first] = []] = rows;
      const found = await client.run(
        `select count(*) from iceberg.${deployed.glue.database}.${name} for version as of ${String(first)}`,
      );
      expect(found.rows).toEqual([[0]]);
    },
  );

  test.each([...unreadable])("returns no part of a row of %s that has a line end", async (name) => {
    const failure = await client.run(`select * from ${name}`).then(
      ({ rows }) => JSON.stringify(rows),
      (error: Error) => error.message,
    );
    expect(failure).toMatch("a field holds a line end");
  });

  test("has no other table or view, and finds each of them", async () => {
    const names = relations.flatMap(({ name, format }) => {
      const { strings } = formats[format].glue;
      return strings === undefined ? [name] : [name, `${name}${strings.suffix}`];
    });
    const { rows } = await client.run("show tables");
    expect(rows.flat().sort()).toEqual(names.sort());
  });

  test.each(readable.map((relation) => [relation.name, relation] as const))(
    "answers the saved query of %s as lakehouse query would",
    async (name, relation) => {
      const from = new RegExp(`from "${name}"(\\s|$)`);
      const { sql = "" } = deployed.glue.queries.find((query) => from.test(query.sql)) ?? {};
      const found = await client.run(sql);
      expect(found.rows.length).toBeLessThanOrEqual(100);
      switch (relation.kind) {
        case "silver": {
          const { rows } = await deployed.query(`select count(*) as row_count from ${name}`);
          expect(found.rows).toEqual([[deployed.arrivalDay, rows[0]?.["row_count"]]]);
          break;
        }
        case "quarantine": {
          // The examples come from one object, so that either engine may choose another record.
          const reasons = `select "column", rule, count(*) as records from ${name} group by all`;
          const expected = fromLakehouse(await deployed.query(reasons));
          expect(fromTrino(only(found, ["column", "rule", "records"]))).toEqual(expected);
          break;
        }
        case "current":
        case "model": {
          const columns = relation.columns.map((column) => column.name);
          const all = fromLakehouse(await deployed.query(rowsOf(relation)), relation);
          expect(found.rows.length).toBe(Math.min(all.length, 100));
          expect(all).toEqual(expect.arrayContaining(fromTrino(only(found, columns))));
          break;
        }
      }
    },
  );
});

/** SQL for all rows of a relation, without the column of its partitions. */
function rowsOf({ name, columns }: Relation): string {
  return `select ${columns.map((column) => `"${column.name}"`).join(", ")} from ${name}`;
}

/** Keeps Trino from listing the folders of all months until 2049, which takes seconds. The sample is of this month or the last. */
function recentMonths({ kind, partition }: Relation): string {
  if (kind === "current" || partition?.unit !== "month") {
    return "";
  }
  const [first, last] = [40, 0].map((days) =>
    new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 7),
  );
  return `where ${partition.name} between '${first}' and '${last}'`;
}

/** Some columns of the rows, in this order. */
function only({ columns, rows }: TrinoRows, names: readonly string[]): TrinoRows {
  const places = names.map((name) => columns.findIndex((column) => column.name === name));
  return {
    columns: places.flatMap((place) => columns[place] ?? []),
    rows: rows.map((row) => places.map((place) => row[place] ?? null)),
  };
}

/** The emulated Glue and S3. */
function services(address: string): Record<string, string> {
  return {
    "hive.metastore.glue.region": "us-east-1",
    "hive.metastore.glue.endpoint-url": address,
    "hive.metastore.glue.aws-access-key": "x",
    "hive.metastore.glue.aws-secret-key": "x",
    ...files(address),
  };
}

/** The emulated S3. */
function files(address: string): Record<string, string> {
  return {
    "fs.native-s3.enabled": "true",
    "s3.endpoint": address,
    "s3.region": "us-east-1",
    "s3.path-style-access": "true",
    "s3.aws-access-key": "x",
    "s3.aws-secret-key": "x",
  };
}
