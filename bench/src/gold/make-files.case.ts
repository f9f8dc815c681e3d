/** Writes silver files of orders, as bronze to silver would write them. DuckDB generates the rows. */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { digestOfFile } from "@lakehouse/lake/digest";
import { DirectoryStore } from "@lakehouse/lake/directory-store";
import { silverKey } from "@lakehouse/lake/keys";
import { receiptToMetadata } from "@lakehouse/lake/receipt";
import { serve } from "../child/serve.ts";
import { customers, type FilesOrder, recentDays, type Spread } from "./layout.ts";
import { catalogOf } from "./order-catalog.ts";

const firstDay = Date.UTC(2024, 0, 1);
const millisecondsPerDay = 86_400_000;
/** Order numbers of new orders begin here, above those of the history. */
const firstNewOrder = 1_000_000_000;

const connection = await (await DuckDBInstance.create(":memory:")).connect();

serve(async (input) => {
  const order = JSON.parse(input) as FilesOrder;
  const { lake, history, days, ordersPerFile, newOrders, newFile, spread, keys } = order;
  const store = new DirectoryStore(join(lake, "silver"));
  await mkdir(lake, { recursive: true });
  const [table] = catalogOf("day", keys ?? "numbers").tables;
  const contract = table?.silverFingerprint ?? "";
  const directory = await mkdtemp(join(lake, "files-"));
  const write = async (
    first: number,
    count: number,
    day: number,
    date: string,
    id = "i",
  ): Promise<void> => {
    const path = join(directory, `${first}.csv`);
    await connection.run(`copy (
      select
        (1 + hash(i) % ${customers})::bigint as customer_id,
        ${keys === "strings" ? `md5((${id})::varchar)` : `(${id})::bigint`} as order_id,
        ((1 + hash(i * 7) % 99999) * 0.01)::decimal(18, 2) as amount,
        (date '2024-01-01' + (${date})::integer) as order_date
      from range(${first}, ${first + count}) as orders (i)
    ) to '${path}' (format csv, header)`);
    const digests = { silver: await digestOfFile(path), bronze: "bench" };
    const receipt = receiptToMetadata({
      ...counts,
      records: count,
      rows: count,
      contract,
      digests,
    });
    await store.put(keyOf(day, first), { path }, { metadata: receipt });
  };
  // The history's orders arrive in the order of their days.
  for (let first = 0; newOrders === 0 && first < history; first += ordersPerFile) {
    const count = Math.min(ordersPerFile, history - first);
    const day = Math.floor((first * days) / history);
    await write(first, count, day, `i * ${days} // ${history}`);
  }
  if (newOrders > 0) {
    const first = firstNewOrder + newFile * newOrders;
    const again = `(i - ${first}) * ${history} // ${newOrders}`;
    const date = spread === "late" ? `(${again}) * ${days} // ${history}` : dateOf[spread](days);
    await write(first, newOrders, days + 1, date, spread === "late" ? again : "i");
  }
  await rm(directory, { recursive: true });
  return { rows: newOrders === 0 ? history : newOrders };
});

const counts = {
  quarantined: 0,
  dropped: 0,
  warned: 0,
  damaged: false,
  bronzeEtag: "bench",
};

/** The day of a new order, as a number, in SQL. */
const dateOf: Readonly<Record<Exclude<Spread, "late">, (days: number) => string>> = {
  recent: (days) => `${days - recentDays} + hash(i * 3) % ${recentDays}`,
  scattered: (days) => `hash(i * 3) % ${days}`,
};

/** The key of a file that arrived on a day. Firehose's names end in a UUID; this one is made from the number. */
function keyOf(day: number, first: number): string {
  const arrival = new Date(firstDay + day * millisecondsPerDay).toISOString();
  const [year, month, date] = arrival.slice(0, 10).split("-");
  const uuid = `00000000-0000-4000-8000-${String(first).padStart(12, "0")}`;
  const name = `orders-1-${year}-${month}-${date}-00-00-00-${uuid}.gz`;
  return silverKey(`orders/${year}/${month}/${date}/00/${name}`, "csv");
}
