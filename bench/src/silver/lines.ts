/** Generates orders as lines of NDJSON, the same for the same seed. One in fifty may have a fault. */
import type { Random } from "@lakehouse/tables/random";

const customers = 10_000;
const firstDay = Date.UTC(2024, 0, 1);
const days = 730;
const millisecondsPerDay = 86_400_000;
const dates = Array.from({ length: days }, (_, day) =>
  new Date(firstDay + day * millisecondsPerDay).toISOString().slice(0, 10),
);

/** A good line, with its newline. */
export function goodLine(order: number, random: Random): string {
  return line(
    `"order_id":${order},"customer_id":${random.integer(1, customers)}`,
    `"amount":${random.integer(100, 99_999) / 100}`,
    `"order_date":"${dates[random.integer(0, days - 1)]}"`,
  );
}

function line(...members: readonly string[]): string {
  return `{${members.join(",")}}\n`;
}

/** How to break a good line. Each fault is refused for another reason. */
export const faults: readonly {
  readonly name: string;
  readonly damage: (line: string) => string;
}[] = [
  { name: "cut off", damage: (good) => `${good.slice(0, 30)}\n` },
  { name: "not JSON", damage: () => "order failed: connection reset\n" },
  { name: "not an object", damage: (good) => `[${good.trimEnd()}]\n` },
  { name: "a trailing comma", damage: (good) => good.replace("}", ",}") },
  { name: "a missing field", damage: (good) => good.replace('"amount"', '"total"') },
  { name: "null", damage: (good) => good.replace(/"customer_id":\d+/, '"customer_id":null') },
  {
    name: "string for a number",
    damage: (good) => good.replace(/"order_id":/, '"order_id":"A-17","x":'),
  },
  {
    name: "a decimal comma",
    damage: (good) => good.replace(/"amount":[\d.]+/, '"amount":"12,50"'),
  },
  { name: "too many places", damage: (good) => good.replace(/"amount":[\d.]+/, '"amount":12.505') },
  { name: "not positive", damage: (good) => good.replace('"amount":', '"amount":-') },
  { name: "an impossible day", damage: (good) => good.replace(/-\d\d"}/, '-32"}') },
];

/** Lines of about `bytes` bytes in total. @param badShare The share of bad lines, from 0 to 1. */
export function* lines(bytes: number, badShare: number, random: Random): Generator<string> {
  let order = 1_000_000_000;
  for (let written = 0; written < bytes; ) {
    const good = goodLine(order++, random);
    const bad = random.chance(badShare);
    const made = bad ? (faults[order % faults.length]?.damage(good) ?? good) : good;
    written += made.length;
    yield made;
  }
}
