/** Peer (b): JSON.parse per line and a CSV library, streamed, with the contract's checks written by hand. */
import { createReadStream, createWriteStream } from "node:fs";
import { createInterface } from "node:readline";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { stringify } from "csv-stringify";
import { serve } from "../child/serve.ts";
import type { Conversion } from "./layout.ts";

type Row = [customer: number, order: number, amount: string, date: string];

serve(async (input) => {
  const { source, target } = JSON.parse(input) as Conversion;
  let rows = 0;
  const gunzip = createGunzip();
  async function* validRows(): AsyncGenerator<Row> {
    for await (const line of createInterface({ input: gunzip, crlfDelay: Infinity })) {
      const row = toRow(line);
      if (row === undefined) {
        continue;
      }
      rows++;
      yield row;
    }
  }
  const columns = ["customer_id", "order_id", "amount", "order_date"];
  await Promise.all([
    pipeline(createReadStream(source), gunzip),
    pipeline(validRows, stringify({ header: true, columns }), createWriteStream(target)),
  ]);
  return { rows };
});

/** The row of a line; undefined if it breaks the contract. */
function toRow(line: string): Row | undefined {
  let record: unknown;
  try {
    record = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof record !== "object" || record === null) {
    return undefined;
  }
  const { customer_id, order_id, amount, order_date } = record as Record<string, unknown>;
  if (!Number.isSafeInteger(customer_id) || !Number.isSafeInteger(order_id)) {
    return undefined;
  }
  if (typeof amount !== "number" || amount <= 0) {
    return undefined;
  }
  if (typeof order_date !== "string" || !isDate(order_date)) {
    return undefined;
  }
  return [customer_id as number, order_id as number, amount.toFixed(2), order_date];
}

function isDate(text: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text));
}
