/** The expected results for order lines, computed in plain TypeScript with BigInt. Shares no code with the product. */

/** An order that the contract accepts. */
export interface ReferenceOrder {
  readonly order_id: bigint;
  readonly customer_id: bigint;
  readonly cents: bigint;
  readonly order_date: string;
}

/** One row of customer_summary. */
export interface ReferenceSummary {
  readonly customer_id: bigint;
  readonly order_count: bigint;
  readonly total_spent: string;
  readonly avg_order_value: string;
  readonly first_order: string;
  readonly last_order: string;
}

/** One row of daily_sales. */
export interface ReferenceDay {
  readonly order_date: string;
  readonly orders: number;
  readonly revenue: string;
  readonly customers: number;
  readonly revenue_7d: string;
}

const int64 = { minimum: -(2n ** 63n), maximum: 2n ** 63n - 1n };

/** The order on a line, or undefined if it must be refused. */
export function readOrder(line: string): ReferenceOrder | undefined {
  let record: unknown;
  try {
    record = JSON.parse(line, (_, value: unknown, { source }) =>
      typeof value === "number" ? `number ${source}` : value,
    );
  } catch {
    return undefined;
  }
  if (typeof record !== "object" || record === null || Array.isArray(record)) {
    return undefined;
  }
  const { order_id, customer_id, amount, order_date } = record as Record<string, unknown>;
  const id = scaled(order_id, 0);
  const customer = scaled(customer_id, 0);
  const cents = scaled(amount, 2);
  const date = typeof order_date === "string" && exists(order_date) ? order_date : undefined;
  if (id === undefined || customer === undefined || cents === undefined || date === undefined) {
    return undefined;
  }
  const fits = [id, customer].every((each) => each >= int64.minimum && each <= int64.maximum);
  return fits && cents > 0n
    ? { order_id: id, customer_id: customer, cents, order_date: date }
    : undefined;
}

/** A number (or a string of one) times a power of ten, if the result is whole. */
function scaled(value: unknown, places: number): bigint | undefined {
  const match =
    typeof value === "string"
      ? /^(?:number )?(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(value)
      : null;
  if (match === null) {
    return undefined;
  }
  const [, sign, whole = "", fraction = "", exponent = "0"] = match;
  const power = places + Number(exponent) - fraction.length;
  const digits = BigInt(whole + fraction);
  const divisor = 10n ** BigInt(Math.max(-power, 0));
  if (digits % divisor !== 0n) {
    return undefined;
  }
  const result = (digits * 10n ** BigInt(Math.max(power, 0))) / divisor;
  return sign === "-" ? -result : result;
}

function exists(date: string): boolean {
  return (
    /^\d{4}-\d\d-\d\d$/.test(date) && new Date(`${date}T00:00:00Z`).toJSON()?.slice(0, 10) === date
  );
}

/** One order for each order_id: the last line wins. */
export function currentOrders(lines: readonly string[]): ReferenceOrder[] {
  const byId = new Map<bigint, ReferenceOrder>();
  for (const order of lines.map(readOrder)) {
    if (order !== undefined) {
      byId.set(order.order_id, order);
    }
  }
  return [...byId.values()];
}

/** The model customer_summary, ordered by customer_id. */
export function customerSummary(orders: readonly ReferenceOrder[]): ReferenceSummary[] {
  const customers = Map.groupBy(orders, ({ customer_id }) => customer_id);
  return [...customers]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([customer_id, own]) => {
      const total = own.reduce((sum, { cents }) => sum + cents, 0n);
      const count = BigInt(own.length);
      const dates = own.map(({ order_date }) => order_date).sort();
      return {
        customer_id,
        order_count: count,
        total_spent: money(total),
        avg_order_value: money((2n * total + count) / (2n * count)),
        first_order: dates.at(0) ?? "",
        last_order: dates.at(-1) ?? "",
      };
    });
}

/** The model daily_sales, ordered by date. */
export function dailySales(orders: readonly ReferenceOrder[]): ReferenceDay[] {
  const days = Map.groupBy(orders, ({ order_date }) => order_date);
  const revenue = (date: string): bigint =>
    (days.get(date) ?? []).reduce((sum, { cents }) => sum + cents, 0n);
  const before = (date: string, count: number): string =>
    new Date(Date.parse(date) - count * 86_400_000).toISOString().slice(0, 10);
  return [...days.keys()].sort().map((order_date) => ({
    order_date,
    orders: days.get(order_date)?.length ?? 0,
    revenue: money(revenue(order_date)),
    customers: new Set(days.get(order_date)?.map(({ customer_id }) => customer_id)).size,
    revenue_7d: money(
      [0, 1, 2, 3, 4, 5, 6].reduce((sum, count) => sum + revenue(before(order_date, count)), 0n),
    ),
  }));
}

function money(cents: bigint): string {
  const digits = String(cents).padStart(3, "0");
  return `${digits.slice(0, -2)}.${digits.slice(-2)}`;
}
