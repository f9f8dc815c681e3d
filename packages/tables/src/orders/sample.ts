/** Sample orders: 200 customers in 2024 and 2025, and a few percent of unusual or broken records. */
import {
  type Hazard,
  linesWithHazards,
  type Random,
  type SampleGenerator,
  seededRandom,
} from "serverless-lakehouse/sample";

interface Order {
  readonly order_id: bigint;
  readonly customer_id: number;
  readonly cents: number;
  readonly order_date: string;
}

const customers = 200;
const firstDay = Date.UTC(2024, 0, 1);
const days = 731;
const millisecondsPerDay = 86_400_000;
/** How often an order is a correction: the previous one again, with a different amount. The later one must win. */
const correctionProbability = 0.004;

/** Orders as the shop sends them, sorted by date, give or take two days. */
export const sample: SampleGenerator = ({ records, seed }) => {
  const random = seededRandom(seed);
  // Each seed has its own order numbers, so that samples of several seeds make one larger sample.
  let latest: Order | undefined;
  const order = (index: number): Order => {
    const corrects = random.chance(correctionProbability) ? latest : undefined;
    latest = {
      order_id: BigInt(seed) * 1_000_000_000n + BigInt(index + 1),
      customer_id: customer(random),
      order_date: isoDate(Math.floor((index / records) * days) - random.integer(0, 2)),
      ...corrects,
      cents: price(random),
    };
    return latest;
  };
  return linesWithHazards(records, order, (each) => line(each), hazards, random);
};

/** Some customers order often. */
function customer(random: Random): number {
  const skew = random.chance(0.4) ? 1 : random.fraction();
  return 1_001 + Math.floor(random.fraction() * skew * customers);
}

function price(random: Random): number {
  const euros = 4 + Math.floor(random.fraction() * random.fraction() * random.fraction() * 900);
  return euros * 100 + random.pick([99, 99, 95, 50, 0, random.integer(1, 98)]);
}

function isoDate(day: number): string {
  return new Date(firstDay + Math.max(day, 0) * millisecondsPerDay).toISOString().slice(0, 10);
}

/** The order as one line, with some members replaced, or (undefined) omitted. */
function line(order: Order, changes: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({
    order_id: JSON.rawJSON(String(order.order_id)),
    customer_id: order.customer_id,
    amount: order.cents / 100,
    order_date: order.order_date,
    ...changes,
  });
}

const fieldNames = ["order_id", "customer_id", "amount", "order_date"] as const;

const hazards: readonly Hazard<Order>[] = [
  // Unusual, but accepted.
  {
    name: "numbers sent as strings",
    probability: 0.008,
    line: (order) =>
      line(order, { customer_id: `${order.customer_id}`, amount: (order.cents / 100).toFixed(2) }),
  },
  {
    name: "fields that the contract does not have",
    probability: 0.005,
    line: (order, random) =>
      line(order, { coupon: `WELCOME${random.integer(5, 20)}`, utm: { source: "newsletter" } }),
  },
  {
    name: "the same JSON, written differently",
    probability: 0.004,
    line: (order) =>
      ` { "order_date" : "${order.order_date}", "amount" : ${order.cents}e-2, ` +
      `"customer_id" : ${order.customer_id}, "order_id" : ${order.order_id} } `,
  },
  // Broken, so quarantined.
  {
    name: "a field is missing",
    probability: 0.004,
    line: (order, random) => line(order, { [random.pick(fieldNames)]: undefined }),
  },
  {
    name: "a field is null",
    probability: 0.003,
    line: (order, random) => line(order, { [random.pick(fieldNames)]: null }),
  },
  {
    name: "the line is cut off",
    probability: 0.003,
    line: (order, random) => line(order).slice(0, random.integer(2, 60)),
  },
  {
    name: "not JSON",
    probability: 0.002,
    line: (order, random) =>
      random.pick([
        line(order).replaceAll('"', "'"),
        `${line(order).slice(0, -1)},}`,
        `order ${order.order_id} failed: connection reset`,
        line(order, { amount: JSON.rawJSON("0") }).replace(":0,", ":NaN,"),
      ]),
  },
  {
    name: "JSON, but not an object",
    probability: 0.001,
    line: (order, random) =>
      random.pick([`[${line(order)}]`, `${order.order_id}`, '"ping"', "null"]),
  },
  {
    name: "an invalid date",
    probability: 0.004,
    line: (order, random) =>
      line(order, {
        order_date: random.pick([
          `${order.order_date.slice(0, 4)}-02-30`,
          order.order_date.split("-").reverse().join("/"),
          `${order.order_date}T00:00:00Z`,
          "",
          Date.parse(order.order_date) / 1_000,
        ]),
      }),
  },
  {
    name: "a lone surrogate",
    probability: 0.001,
    line: (order) => line(order, { order_date: `${order.order_date.slice(0, 9)}\ud83d` }),
  },
  {
    name: "an amount that is not positive",
    probability: 0.003,
    line: (order, random) => line(order, { amount: random.pick([0, -order.cents / 100]) }),
  },
  {
    name: "an amount with more than two decimal places",
    probability: 0.002,
    line: (order) => line(order, { amount: JSON.rawJSON(`${(order.cents / 100).toFixed(2)}5`) }),
  },
  {
    name: "an amount that is not a number",
    probability: 0.002,
    line: (order, random) =>
      line(order, {
        amount: random.pick<unknown>(["12,50", "€ 12.50", true, [12.5], { value: 12.5 }, ""]),
      }),
  },
  {
    name: "an order number that is not an int64",
    probability: 0.001,
    line: (order, random) =>
      line(order, {
        order_id: random.pick<unknown>([
          JSON.rawJSON("9223372036854775808"),
          JSON.rawJSON("1e30"),
          JSON.rawJSON("17.5"),
          "A-17",
        ]),
      }),
  },
];
