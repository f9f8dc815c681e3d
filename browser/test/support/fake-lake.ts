/** A lake that exists in memory only, with contents that try to break the page. */
import type {
  ColumnData,
  ColumnKind,
  LayerData,
  ModelData,
  RefusedRecord,
  ReportData,
  ResultColumnData,
  RowsInGold,
  RowsPage,
  TableData,
  Value,
} from "@lakehouse/page/data";

/** Text that becomes markup, script or another order of characters wherever it is not escaped. */
export const hostile = `<script>window.hacked=1</script></script><img src=x onerror="window.hacked=1">'"&amp;\u202e‏עברית`;

/** A relation with more rows than fit into the highest element that a browser draws. */
export const million = "events";
export const millionRows = 1_000_000;

const at = "2026-11-27T06:00:00Z";
const days = Array.from({ length: 14 }, (_, index) =>
  new Date(Date.UTC(2026, 10, 13 + index)).toISOString().slice(0, 10),
);

function column(name: string, type: string, kind: ColumnKind, more = {}): ColumnData {
  return {
    name,
    type,
    kind,
    nullable: false,
    rules: [],
    description: "",
    personal: null,
    ...more,
  };
}

const orderColumns = [
  column("order_id", "int64", "number", { description: "Given by the shop" }),
  column("day", "date", "time", { rules: ["at least 2000-01-01"] }),
  column("city", "string", "text", { nullable: true, personal: "mask" }),
  column("amount", "decimal(18, 2)", "number", { rules: ["at least 0"] }),
  column("note", "string", "text", { description: hostile }),
];

const gold: Omit<RowsInGold, "name" | "rows" | "address"> = {
  description: "",
  freshness: "current",
  format: "table",
  version: 3,
  engines: [
    { name: "duckdb", title: "DuckDB", line: "select * from delta_scan('…')", missing: null },
    { name: "polars", title: "Polars", line: 'pl.scan_delta("…")', missing: null },
    { name: "athena", title: "Athena", line: null, missing: "This lake is in a directory." },
  ],
  expectations: [],
  checks: [{ name: "order_id is unique", result: "passed", at, failing: null }],
};

function table(name: string, rows: number, more: Partial<TableData> = {}): TableData {
  return {
    ...gold,
    name,
    rows,
    address: `.lake/gold/${name}`,
    columns: orderColumns,
    primaryKey: ["order_id"],
    partitionBy: "month(day)",
    orderBy: ["updated_at"],
    deleteWhen: null,
    keysNeverMove: false,
    unknownColumns: "are ignored",
    unwrap: null,
    source: "JSON",
    bronze: `.lake/bronze/${name}`,
    silver: `.lake/silver/${name}`,
    quarantine: `.lake/quarantine/${name}`,
    expectations: [
      { name: "amount is positive", condition: "amount > 0", consequence: "is refused" },
    ],
    ...more,
  };
}

function model(name: string, more: Partial<ModelData> = {}): ModelData {
  return {
    ...gold,
    name,
    rows: 120,
    address: `.lake/gold/${name}`,
    columns: orderColumns,
    primaryKey: [],
    materialization: "full",
    athena: null,
    childOf: null,
    sql: `select city, sum(amount) as amount\nfrom orders\ngroup by city`,
    ...more,
  };
}

const resultColumns: readonly ResultColumnData[] = [
  { name: "order_id", type: "BIGINT", kind: "number" },
  { name: "day", type: "DATE", kind: "time" },
  { name: "city", type: "VARCHAR", kind: "text" },
  { name: "amount", type: "DECIMAL(18,2)", kind: "number" },
  { name: "note", type: "VARCHAR", kind: "text" },
];

/** One row. The first ones have hostile and exact values. */
export function rowAt(index: number): readonly Value[] {
  return [
    index,
    days[index % days.length] ?? null,
    index % 5 === 0 ? null : (["Oslo", "Bergen", "Tromsø"][index % 3] ?? null),
    index === 0 ? "12345678901234567.89" : `${(index * 37) % 500}.50`,
    index === 0 ? hostile : index === 1 ? "long ".repeat(2_000) : `note ${index}`,
  ];
}

const few: RowsPage = {
  columns: resultColumns,
  rows: Array.from({ length: 120 }, (_, index) => rowAt(index)),
  total: 120,
  state: "1",
};

const refused: readonly RefusedRecord[] = [
  {
    table: "orders",
    kind: "record",
    day: "2026-11-26",
    object: "orders/2026/11/26/part-1.gz",
    line: 7,
    byteOffset: 812,
    recordNumber: null,
    records: 1,
    reasons: [{ column: "amount", rule: hostile, message: `amount ${hostile} is no decimal` }],
    raw: `{"order_id":12345678901234567890,"amount":${JSON.stringify(hostile)}}`,
    encoding: "utf-8",
    rawLength: null,
  },
  {
    table: "orders",
    kind: "record",
    day: "2026-11-25",
    object: "orders/2026/11/25/part-2.gz",
    line: 1,
    byteOffset: 0,
    recordNumber: null,
    records: 1,
    reasons: [{ column: null, rule: "UTF-8", message: "The record is not valid UTF-8." }],
    raw: "gf/+AAEC",
    encoding: "base64",
    rawLength: 4_096,
  },
];

function layers(name: string, records: number): LayerData[] {
  const part = { name, objects: 12, bytes: 345_678, rows: null, newest: at };
  return [
    { ...part, layer: "bronze", backlog: name === "orders" ? 2 : 0 },
    { ...part, layer: "silver", backlog: null },
    { ...part, layer: "quarantine", objects: records > 0 ? 3 : 0, backlog: null },
    { ...part, layer: "gold", rows: 120, backlog: null },
  ];
}

/** A lake with this many models. */
export function fakeLake(models: number): ReportData {
  const tables = [
    table("orders", 120, { description: hostile }),
    table(million, millionRows),
    table(hostile, 120),
  ];
  const sales = model("sales", {
    checks: [{ name: "sales are positive", result: "failed", at, failing: 3 }],
  });
  const more = Array.from({ length: models - 1 }, (_, index) => model(`model_${index + 1}`));
  const all = [sales, ...more];
  const refusals = days.map((day, index) => ({ day, records: 5 + ((index * 7) % 11) }));
  const total = refusals.reduce((sum, { records }) => sum + records, 0);
  return {
    lake: {
      location: `/data/${hostile}/.lake`,
      environment: null,
      commandLine: "npm run -s lakehouse --",
      at,
      lastRun: {
        sequence: 12,
        committedAt: "2026-11-27T05:45:00Z",
        finishedAt: "2026-11-27T05:45:02Z",
        newObjects: 4,
        currentRows: 1_000_240,
        published: true,
        unfinished: false,
      },
      mistakes: [],
      tables,
      models: all,
      lineage: {
        nodes: [
          ...tables.flatMap(({ name }) => [
            { name: `bronze_${name}`, kind: "bronze" as const, table: name },
            { name: `silver_${name}`, kind: "silver" as const, table: name },
            { name: `quarantine_${name}`, kind: "quarantine" as const, table: name },
            { name, kind: "table" as const, table: name },
          ]),
          ...all.map(({ name }) => ({ name, kind: "model" as const, table: null })),
        ],
        edges: [
          ...tables.flatMap(({ name }) => [
            { from: `bronze_${name}`, to: `silver_${name}`, kind: "rows" as const },
            { from: `bronze_${name}`, to: `quarantine_${name}`, kind: "rows" as const },
            { from: `silver_${name}`, to: name, kind: "rows" as const },
          ]),
          { from: "quarantine_orders", to: "sales", kind: "check" },
          ...all.map(({ name }, index) => ({
            from: index < 4 ? "orders" : `model_${Math.floor(index / 3)}`,
            to: name,
            kind: "rows" as const,
          })),
        ],
      },
      relations: [
        ...tables.map(({ name }) => ({ name, kind: "table" as const, columns: resultColumns })),
        ...all.map(({ name }) => ({ name, kind: "model" as const, columns: resultColumns })),
      ],
      retired: [{ kind: "model", name: "old_model" }],
    },
    flow: {
      at,
      layers: [
        ...tables.flatMap(({ name }) => layers(name, name === "orders" ? 1 : 0)),
        ...all.map(
          ({ name, rows }): LayerData => ({
            layer: "gold",
            name,
            objects: 1,
            bytes: 4_096,
            rows,
            newest: at,
            backlog: null,
          }),
        ),
      ],
      backlog: 2,
      outdated: [],
      unknown: [],
    },
    refusals: {
      records: total,
      tables: [{ table: "orders", records: total, days: refusals }],
      reasons: [
        { table: "orders", column: "amount", rule: hostile, records: total - 1, days: refusals },
        {
          table: "orders",
          column: null,
          rule: "UTF-8",
          records: 1,
          days: [{ day: "2026-11-25", records: 1 }],
        },
      ],
    },
    refused,
    rows: { orders: few, [hostile]: few, [million]: few, sales: few },
    history: {
      orders: [
        {
          version: 3,
          at,
          run: 12,
          operation: "overwrite",
          rowsIn: 20,
          rowsOut: 10,
          rows: 120,
          filesIn: 2,
          filesOut: 1,
          files: 6,
          bytesIn: 4_096,
          bytes: 65_536,
          columnsIn: ["note"],
          columnsOut: [],
        },
        {
          version: 2,
          at: "2026-11-26T06:00:00Z",
          run: 11,
          operation: "append",
          rowsIn: 110,
          rowsOut: 0,
          rows: 110,
          filesIn: 5,
          filesOut: 0,
          files: 5,
          bytesIn: 61_440,
          bytes: 61_440,
          columnsIn: [],
          columnsOut: [],
        },
      ],
    },
    audit: {
      at,
      seconds: 1.25,
      ok: true,
      objects: 36,
      records: 1_000_240 + total,
      rows: 1_000_240,
      quarantined: total,
      dropped: 0,
      forgotten: 0,
      currentRows: 1_000_240,
      content: true,
      problems: [],
    },
    limits: { rows: 120, refused: 2 },
  };
}
