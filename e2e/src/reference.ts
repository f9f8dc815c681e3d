/** Calculates the expected result for the orders in bronze, from AWS's documents and the contract alone, in whole cents. */

/** An object in bronze, as it is stored. */
export interface BronzeObject {
  readonly key: string;
  readonly text: string;
}

/** A row of a model, every value as a string. */
export type Row = Readonly<Record<string, string>>;

/** What the lake must hold for the orders. */
export interface Expected {
  readonly records: number;
  readonly rows: number;
  readonly refused: number;
  readonly currentRows: number;
  readonly customerSummary: readonly Row[];
  readonly dailySales: readonly Row[];
}

interface Order {
  readonly id: bigint;
  readonly customer: bigint;
  readonly cents: bigint;
  readonly date: string;
}

/** Calculates everything, in the objects' order of arrival. */
export function expectedOf(objects: readonly BronzeObject[]): Expected {
  const lines = [...objects].sort(byArrival).flatMap(({ text }) => recordsOf(text));
  const orders = lines.flatMap((text) => orderOf(text) ?? []);
  const current = [...new Map(orders.map((order) => [order.id, order])).values()];
  return {
    records: lines.length,
    rows: orders.length,
    refused: lines.length - orders.length,
    currentRows: current.length,
    customerSummary: customerSummary(current),
    dailySales: dailySales(current),
  };
}

/** Firehose's names all begin with the same stream and version, so they sort by second within the hour. */
function byArrival(a: BronzeObject, b: BronzeObject): number {
  const [first, second] = [a, b].map(({ key }) => `${arrivalOf(key)} ${key}`) as [string, string];
  return first < second ? -1 : first > second ? 1 : 0;
}

function arrivalOf(key: string): string {
  const [, ...folders] = key.split("/");
  const [year, month, day, hour] = folders;
  const inName = /-(\d{4}-\d\d-\d\d)-(\d\d)-(\d\d)-(\d\d)-[0-9a-f-]{36}$/.exec(key);
  return inName === null ? `${year}-${month}-${day}-${hour}-00-00` : inName.slice(1, 5).join("-");
}

/** Records on lines of their own. A line may hold several objects without a separator. */
function recordsOf(text: string): string[] {
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .flatMap(objectsOf);
}

/** The objects of a line; the line itself if it is something else. */
function objectsOf(line: string): string[] {
  const records: string[] = [];
  let depth = 0;
  let begin = 0;
  for (const { 0: token, index } of line.matchAll(/"(?:[^"\\]|\\.)*"|[{}]/g)) {
    if (token === "{") {
      depth++;
    }
    if (token === "}" && --depth === 0) {
      records.push(line.slice(begin, index + 1));
      begin = index + 1;
    }
  }
  return begin === line.length ? records : [line];
}

function orderOf(text: string): Order | undefined {
  let record: unknown;
  try {
    // The source text, because the number 12.1 would lose the 0 of 12.10.
    record = JSON.parse(text, (_, value: unknown, { source }) =>
      typeof value === "number" ? { source } : value,
    );
  } catch {
    return undefined;
  }
  if (record === null || typeof record !== "object") {
    return undefined;
  }
  const { order_id, customer_id, amount, order_date } = record as Record<string, unknown>;
  const id = wholeOf(order_id, 0n);
  const customer = wholeOf(customer_id, 0n);
  const cents = wholeOf(amount, 2n);
  if (id === undefined || customer === undefined || cents === undefined) {
    return undefined;
  }
  if (cents <= 0n || !isInt64(id) || !isInt64(customer) || !isDay(order_date)) {
    return undefined;
  }
  return { id, customer, cents, date: order_date };
}

/** A decimal number or string in units of 10^-places; undefined if it is finer than that, or not a number. */
function wholeOf(value: unknown, places: bigint): bigint | undefined {
  const source = typeof value === "object" && value !== null ? Object(value).source : value;
  if (typeof source !== "string") {
    return undefined;
  }
  const parts = /^(?<digits>-?\d+)(?:\.(?<fraction>\d+))?(?:[eE](?<exponent>[+-]?\d+))?$/.exec(
    source,
  );
  if (parts?.groups === undefined) {
    return undefined;
  }
  const { digits = "", fraction = "", exponent = "0" } = parts.groups;
  const power = places + BigInt(exponent) - BigInt(fraction.length);
  const mantissa = BigInt(digits + fraction);
  if (power >= 0n) {
    return mantissa * 10n ** power;
  }
  const divisor = 10n ** -power;
  return mantissa % divisor === 0n ? mantissa / divisor : undefined;
}

function isInt64(value: bigint): boolean {
  return BigInt.asIntN(64, value) === value;
}

function isDay(value: unknown): value is string {
  if (typeof value !== "string" || !/^\d{4}-\d\d-\d\d$/.test(value)) {
    return false;
  }
  const time = Date.parse(`${value}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(value);
}

function customerSummary(orders: readonly Order[]): Row[] {
  return [...Map.groupBy(orders, ({ customer }) => customer)]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([customer, own]) => {
      const days = own.map(({ date }) => date).sort();
      const total = sumOf(own);
      const count = BigInt(own.length);
      return {
        customer_id: `${customer}`,
        order_count: `${count}`,
        total_spent: euros(total),
        // Rounds half a cent up: amounts are positive.
        avg_order_value: euros((total + count / 2n) / count),
        first_order: days.at(0) ?? "",
        last_order: days.at(-1) ?? "",
      };
    });
}

function dailySales(orders: readonly Order[]): Row[] {
  const days = Map.groupBy(orders, ({ date }) => date);
  return [...days].sort().map(([date, own]) => {
    const week = Array.from({ length: 7 }, (_, back) => days.get(daysBefore(date, back)) ?? []);
    return {
      order_date: date,
      orders: `${own.length}`,
      revenue: euros(sumOf(own)),
      customers: `${new Set(own.map(({ customer }) => customer)).size}`,
      revenue_7d: euros(sumOf(week.flat())),
    };
  });
}

function daysBefore(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) - days * 86_400_000).toISOString().slice(0, 10);
}

function sumOf(orders: readonly Order[]): bigint {
  return orders.reduce((sum, { cents }) => sum + cents, 0n);
}

function euros(cents: bigint): string {
  return `${cents / 100n}.${`${cents % 100n}`.padStart(2, "0")}`;
}
