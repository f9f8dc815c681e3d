/** `npm run test:delivery`: Debezium Server runs with the configuration in docs/deliver.md, and its events become the current rows. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { processObject } from "@lakehouse/bronze-silver/process-object";
import { contextOf } from "@lakehouse/cli/testing/context";
import { customers } from "@lakehouse/cli/testing/debezium-envelope";
import { query } from "@lakehouse/cli/testing/query";
import { bronzePrefix } from "@lakehouse/lake/keys";
import { startMoto } from "@lakehouse/lake/testing/moto";
import { runGold } from "@lakehouse/silver-gold/run-gold";
import { temporaryDirectory } from "@lakehouse/testing/temporary-directory";
import { decimal } from "@lakehouse/transforms/contract/column";
import { defineTable } from "@lakehouse/transforms/contract/table";
import { defineCatalog } from "@lakehouse/transforms/model/catalog";
import { expect, onTestFinished, test } from "vitest";
import { type Program, startDebezium, startPostgres } from "../../src/delivery.ts";
import { ReaderError, ReaderUnavailableError } from "../../src/errors.ts";
import { callAws } from "../../src/glue.ts";

const guide = readFileSync(join(import.meta.dirname, "../../../docs/deliver.md"), "utf8");
const [, debeziumSection = ""] = guide.split("\n## Debezium\n");
const stream = "lakehouse-dev-customers";
const patienceMilliseconds = 90_000;

/** The contract of docs/change-data.md, and a decimal that no double holds. */
const table = defineTable({
  name: "customers",
  columns: { ...customers.typedColumns, credit: decimal(20, 4).from("after.credit") },
  primaryKey: ["id"],
  orderBy: "lsn",
  deleteWhen: (row) => row.operation.eq("delete"),
});

/** The only code block of the section in this language. */
function codeIn(section: string, language: string): string {
  const blocks = [...section.matchAll(new RegExp(`\n\`\`\`${language}\n(.*?)\`\`\``, "gs"))];
  expect(blocks).toHaveLength(1);
  return blocks[0]?.[1] ?? "";
}

/** Calls the API of Kinesis, whose answer has this type. */
async function kinesis<T>(
  endpoint: string,
  action: string,
  input: Readonly<Record<string, number | string>>,
): Promise<T> {
  return (await callAws(endpoint, "eu-west-1/kinesis", `Kinesis_20131202.${action}`, input)) as T;
}

/** Waits until the stream has this many records. */
async function recordsOf(endpoint: string, count: number, debezium: Program): Promise<string[]> {
  const deadline = Date.now() + patienceMilliseconds;
  for (;;) {
    const { ShardIterator } = await kinesis<{ ShardIterator: string }>(
      endpoint,
      "GetShardIterator",
      { StreamName: stream, ShardId: "shardId-000000000000", ShardIteratorType: "TRIM_HORIZON" },
    );
    const { Records } = await kinesis<{ Records: readonly { Data: string }[] }>(
      endpoint,
      "GetRecords",
      { ShardIterator },
    );
    if (Records.length >= count) {
      return Records.map(({ Data }) => Buffer.from(Data, "base64").toString());
    }
    if (!debezium.isRunning() || Date.now() > deadline) {
      const sent = `Debezium Server sent ${Records.length} of ${count} events`;
      throw new ReaderError(`${sent}:\n${debezium.output()}`);
    }
    await sleep(250);
  }
}

test("Debezium Server's events become the current rows, with exact decimals", async () => {
  const moto = await startMoto("Debezium Server");
  if (moto === undefined) {
    throw new ReaderUnavailableError(
      "npm run test:delivery needs moto: pip install 'moto[server]'.",
    );
  }
  onTestFinished(() => moto.stop());
  await kinesis(moto.endpoint, "CreateStream", { StreamName: stream, ShardCount: 1 });

  const postgres = await startPostgres(temporaryDirectory());
  onTestFinished(() => postgres.stop());
  await postgres.run(
    "create database shop; create role debezium login replication password 'secret';",
  );
  await postgres.run(
    `create table customers (
       id bigint primary key, first_name text, last_name text, email text, credit numeric(20, 4)
     );
     grant select on customers to debezium;
     insert into customers values
       (1003, 'Tom', 'Hall', 'tom@hall.com', -0.0001),
       (1004, 'Anne', 'Kretchmar', 'annek@noanswer.org', 12.50);
     ${codeIn(debeziumSection, "sql")}`,
    "shop",
  );

  const folder = temporaryDirectory();
  const start = async (): Promise<Program> => {
    const debezium = await startDebezium(
      folder,
      codeIn(debeziumSection, "properties"),
      {
        "debezium.source.database.hostname": "127.0.0.1",
        "debezium.source.database.port": String(postgres.port),
        "debezium.sink.kinesis.endpoint": moto.endpoint,
        // The emulator's answers are JSON.
        "aws.cborEnabled": "false",
        "quarkus.http.host": "127.0.0.1",
        "quarkus.http.port": "0",
      },
      { POSTGRES_PASSWORD: "secret" },
    );
    onTestFinished(() => debezium.stop());
    return debezium;
  };
  const debezium = await start();
  await recordsOf(moto.endpoint, 2, debezium);
  await postgres.run(
    `update customers set first_name = 'Anne Marie', credit = 9007199254740993.0001 where id = 1004;
     insert into customers values (1005, 'Edward', 'Walker', 'ed@walker.com', 0.1);
     insert into customers values (1006, 'Sally', 'Thomas', 'sally@acme.com', 7);
     delete from customers where id = 1005;
     update customers set id = 1007 where id = 1006;`,
    "shop",
  );
  await recordsOf(moto.endpoint, 8, debezium);
  await debezium.stop();
  await postgres.run("update customers set credit = null where id = 1007", "shop");
  const records = await recordsOf(moto.endpoint, 9, await start());
  const operations = records.map((record) => (JSON.parse(record) as { readonly op: string }).op);
  // A change of the key is a delete and an insert. After a restart, the table is not read again.
  expect(operations).toEqual(["r", "r", "u", "c", "c", "d", "d", "c", "u"]);

  const catalog = defineCatalog([table], []);
  const context = contextOf(temporaryDirectory(), catalog);
  const key = `${bronzePrefix("customers")}2026/01/31/07/a.ndjson`;
  await context.lake.bronze.put(key, Buffer.from(records.join("\n")));
  const { receipt } = await processObject(context.lake, catalog, key, { scratch: context.scratch });
  expect(receipt).toMatchObject({ records: 9, rows: 9, quarantined: 0 });
  await runGold(context.lake, catalog, { scratch: context.scratch, threads: 1 });
  const sql = "select id, first_name, credit from customers order by id";
  const lines = await Array.fromAsync(query(context, sql, "csv"));
  expect(lines.join("")).toBe(
    "id,first_name,credit\n1003,Tom,-0.0001\n1004,Anne Marie,9007199254740993.0001\n1007,Sally,\n",
  );
}, 1_200_000);
