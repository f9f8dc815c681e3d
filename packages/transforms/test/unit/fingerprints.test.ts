/** Fingerprints of contracts: they change with what silver holds, not with how the contract is written. */
import { describe, expect, it } from "vitest";
import { type Column, date, int64, string, timestamp } from "../../src/contract/column.ts";
import { type Expectation, expectation } from "../../src/contract/expectation.ts";
import { rulesOf } from "../../src/contract/fingerprint.ts";
import { day, month } from "../../src/contract/partition.ts";
import { defineTable, type TableDefinition } from "../../src/contract/table.ts";
import { athena, type EngineOption } from "../../src/model/engine.ts";
import { defineModel, full, inFormat } from "../../src/model/model.ts";

const columns = {
  id: int64().notNull(),
  day: date().notNull(),
  note: string().accepts("a", "b"),
};

function table(changes: Partial<TableDefinition<typeof columns>> = {}) {
  return defineTable({
    name: "orders",
    columns,
    primaryKey: ["id"],
    partitionBy: month("day"),
    expectations: (row) => [
      expectation("positive", row.id.gt(0)),
      expectation("known", row.note.isIn(["a", "b"]).and(row.id.ne(7)), "drop"),
    ],
    ...changes,
  });
}

const plain = table();

/** The contract with other columns. */
const withColumns = (others: Readonly<Record<string, Column>>) =>
  defineTable<Readonly<Record<string, Column>>>({
    name: "orders",
    columns: { ...columns, ...others },
    primaryKey: ["id"],
    partitionBy: month("day"),
    expectations: () => plain.expectations,
  });

const withExpectations = (expectations: readonly Expectation[]) =>
  table({ expectations: () => expectations });
const [positive, known] = plain.expectations as readonly [Expectation, Expectation];

describe("the rules of silver change with", () => {
  it.each([
    ["an added rule", withColumns({ note: string().accepts("a", "b").notNull() })],
    ["a removed rule", withColumns({ note: string() })],
    ["another accepted value", withColumns({ note: string().accepts("a", "c") })],
    ["another type", withColumns({ day: timestamp().notNull() })],
    ["another path", withColumns({ note: string().accepts("a", "b").from("n") })],
    ["a default", withColumns({ note: string().accepts("a", "b").default("a") })],
    ["another spelling", withColumns({ note: string().accepts("a", "b").trim() })],
    ["another epoch", withColumns({ more: timestamp().epoch("ms") })],
    ["a new column", withColumns({ more: string() })],
    ["a changed expectation", withExpectations([positive, { ...known, consequence: "warn" }])],
    ["a removed expectation", withExpectations([known])],
    ["unknown columns", table({ unknownColumns: "quarantine" })],
    ["silver's format", table({ format: { silver: "parquet" } })],
  ])("%s", (_name, changed) => {
    expect(rulesOf(changed.silverFingerprint)).not.toBe(rulesOf(plain.silverFingerprint));
  });

  it("the order of a path", () => {
    const [one, other] = [["n", "m"] as const, ["m", "n"] as const].map((path) =>
      rulesOf(withColumns({ note: string().from(...path) }).silverFingerprint),
    );
    expect(one).not.toBe(other);
  });
});

describe("silver's fingerprint does not change with", () => {
  it.each([
    ["a description", table({ description: "new" })],
    ["a column's description", withColumns({ note: string().describe("new").accepts("a", "b") })],
    ["the order of accepted values", withColumns({ note: string().accepts("b", "a") })],
    ["the order of expectations", withExpectations([known, positive])],
    [
      "the order within a condition",
      table({
        expectations: (row) => [
          expectation("positive", row.id.gt(0)),
          expectation("known", row.id.ne(7).and(row.note.isIn(["b", "a"])), "drop"),
        ],
      }),
    ],
    ["the key", table({ primaryKey: ["id", "day"] })],
    ["the partitioning", table({ partitionBy: day("day") })],
    ["gold's format", table({ format: { gold: "parquet" } })],
    ["a default that is written out", table({ unknownColumns: "ignore" })],
    ["a path that is the name", withColumns({ note: string().from("note").accepts("a", "b") })],
  ])("%s", (_name, changed) => {
    expect(changed.silverFingerprint).toBe(plain.silverFingerprint);
  });

  it("the order of a column's methods", () => {
    const one = withColumns({ note: string().notNull().default("a").accepts("a") });
    const other = withColumns({ note: string().accepts("a").default("a").notNull() });
    expect(one.silverFingerprint).toBe(other.silverFingerprint);
  });
});

it("the order of columns changes the second part of silver's fingerprint only", () => {
  const { note, ...others } = columns;
  const moved = table({ columns: { note, ...others } });
  expect(moved.silverFingerprint).not.toBe(plain.silverFingerprint);
  expect(rulesOf(moved.silverFingerprint)).toBe(rulesOf(plain.silverFingerprint));
});

it("the options that a contract does not use leave its fingerprint as older receipts hold it", () => {
  expect(plain.silverFingerprint).toBe("1a426a7b65a11ae8-5d371bd1f426562d");
});

it("a map changes the fingerprint with each of its members, whatever their names and order", () => {
  const withMap = (map: Readonly<Record<string, string>>) =>
    withColumns({ note: string().map(map) }).silverFingerprint;
  expect(withMap({ description: "a" })).not.toBe(withMap({ description: "b" }));
  expect(withMap({ x: "a", y: "b" })).toBe(withMap({ y: "b", x: "a" }));
});

it("the earlier fingerprint is the one that older receipts hold", () => {
  const older = table({ expectations: (row) => [expectation("positive", row.id.gt(0))] });
  expect(older.earlierFingerprint).toBe("4181c1f126ecffac");
});

it("the fingerprint of current rows is the one that older run records hold", () => {
  expect(plain.currentFingerprint).toBe("240899ca9226a422");
});

describe("a model's fingerprint", () => {
  const model = (engine?: EngineOption) =>
    defineModel({
      ...{ name: "m", description: "", materialization: full(), columns: { id: int64() } },
      ...{ sql: "select 1 as id", ...(engine !== undefined && { engine }) },
    });

  it("is that of earlier versions if DuckDB builds it", () => {
    expect([model(), model("duckdb")].map((each) => each.fingerprint)).toEqual([
      "55acbb18b4e5f6a7",
      "55acbb18b4e5f6a7",
    ]);
  });

  it("changes with its engine, not with the file of its SQL or the order of options", () => {
    const engines: readonly EngineOption[] = [
      "duckdb",
      "athena",
      athena({ sql: "select 1" }),
      athena({ sql: "select 2" }),
      athena({ sql: "select 1", largeOutput: true }),
    ];
    const found = engines.map((engine) => model(engine).fingerprint);
    expect(new Set(found).size).toBe(engines.length);
    expect(model(athena()).fingerprint).toBe(found[1]);
    expect(model({ kind: "athena", largeOutput: true, sql: "select 1" }).fingerprint).toBe(
      found[4],
    );
    const inFile = { kind: "athena", sql: "select 1", sqlFile: "a.sql" } as const;
    expect(inFormat({ ...model("athena"), engine: inFile }, "csv").fingerprint).toBe(found[2]);
  });
});
