/** Sample web events: one month, eight pages in several scripts, and a few percent of unusual or broken records. */
import {
  type Hazard,
  linesWithHazards,
  type Random,
  type SampleGenerator,
  seededRandom,
} from "serverless-lakehouse/sample";

interface WebEvent {
  readonly event_id: string;
  readonly occurred_at: string;
  readonly event_type: string;
  readonly user?: { readonly id: number; readonly country?: string };
  readonly page: { readonly path: string; readonly title?: string };
  readonly device?: { readonly mobile: boolean };
  readonly scroll_depth?: number;
  readonly duration_ms: number;
  readonly payload: Readonly<Record<string, unknown>>;
}

const firstMoment = Date.UTC(2025, 10, 1);
const millisecondsPerMonth = 30 * 86_400_000;

const pages = [
  { path: "/", title: "Welcome – tea, cups & more" },
  { path: "/sale", title: "Up to 50 % off, today only" },
  { path: "/de/tee", title: "Grüner Tee für große Tassen" },
  { path: "/ja/茶", title: "緑茶 🍵 と 煎茶" },
  { path: "/ar/شاي", title: "شاي بالنعناع" },
  { path: "/cart", title: 'Your "cart"' },
  { path: "/blog/1", title: "How to brew:\nfive rules" },
  { path: "/untitled" },
] as const;

/** Events as browsers send them, sorted by time, each with the visitor's own offset. */
export const sample: SampleGenerator = ({ records, seed }) => {
  const random = seededRandom(seed);
  const event = (index: number): WebEvent => ({
    event_id: `evt_${random.hex(16)}`,
    occurred_at: moment(firstMoment + Math.floor((index / records) * millisecondsPerMonth), random),
    ...typeAndPayload(random),
    ...(random.chance(0.4) && { user: user(random) }),
    page: pages[Math.floor(random.fraction() * random.fraction() * pages.length)] ?? pages[0],
    ...(random.chance(0.9) && { device: { mobile: random.chance(0.6) } }),
    ...(random.chance(0.8) && { scroll_depth: random.integer(0, 1_000) / 1_000 }),
    duration_ms: random.integer(200, random.chance(0.01) ? 5_000_000 : 90_000),
  });
  return linesWithHazards(records, event, (each) => JSON.stringify(each), hazards, random);
};

function typeAndPayload(random: Random): Pick<WebEvent, "event_type" | "payload"> {
  const draw = random.fraction();
  if (draw < 0.7) {
    return {
      event_type: "page_view",
      payload: { referrer: random.pick(["search", "mail", null]) },
    };
  }
  if (draw < 0.9) {
    const at = { x: random.integer(0, 1_920), y: random.integer(0, 1_080) };
    return { event_type: "click", payload: { button: random.pick(["buy", "more", "💬"]), at } };
  }
  if (draw < 0.97) {
    const query = random.pick(["matcha", "große Tasse", "抹茶", 'cup, "blue"']);
    return { event_type: "search", payload: { query, results: random.integer(0, 40) } };
  }
  return {
    event_type: "purchase",
    payload: { order_id: random.integer(1, 5_000), items: ["tea"] },
  };
}

function user(random: Random): { readonly id: number; readonly country?: string } {
  const country = random.chance(0.9) && { country: random.pick(["DE", "JP", "EG", "NP", "US"]) };
  return { id: random.integer(1, 150), ...country };
}

/** The time in RFC 3339 with one of several offsets. */
function moment(milliseconds: number, random: Random): string {
  const [offset, minutes] = random.pick<readonly [string, number]>([
    ["Z", 0],
    ["+01:00", 60],
    ["+09:00", 540],
    ["+05:45", 345],
    ["-08:00", -480],
  ]);
  const local = new Date(milliseconds + random.integer(0, 59_999) + minutes * 60_000);
  return local.toISOString().replace("Z", offset);
}

const hazards: readonly Hazard<WebEvent>[] = [
  // Unusual, but accepted. An expectation drops the first.
  {
    name: "a health check",
    probability: 0.01,
    line: (event) => JSON.stringify({ ...event, page: { path: "/internal/health" } }),
  },
  {
    name: "fields that the contract does not have",
    probability: 0.005,
    line: (event) => JSON.stringify({ ...event, sdk: { name: "web", version: "3.1.0" } }),
  },
  // Broken, so quarantined.
  {
    name: "no event_id",
    probability: 0.003,
    line: (event) => JSON.stringify({ ...event, event_id: undefined }),
  },
  {
    name: "an event_id with a different form",
    probability: 0.003,
    line: (event) => JSON.stringify({ ...event, event_id: event.event_id.toUpperCase() }),
  },
  {
    name: "a time without an offset",
    probability: 0.003,
    line: (event) => JSON.stringify({ ...event, occurred_at: event.occurred_at.slice(0, 19) }),
  },
  {
    name: "a day that does not exist",
    probability: 0.002,
    line: (event) => JSON.stringify({ ...event, occurred_at: "2025-11-31T10:00:00Z" }),
  },
  {
    name: "a type of event that is not accepted",
    probability: 0.003,
    line: (event) => JSON.stringify({ ...event, event_type: "hover" }),
  },
  {
    name: "a string that is not Unicode",
    probability: 0.002,
    line: (event) =>
      JSON.stringify({ ...event, page: { ...event.page, title: "cut emoji \ud83c" } }),
  },
  {
    name: "a NUL in a string",
    probability: 0.001,
    line: (event) => JSON.stringify({ ...event, page: { ...event.page, title: "a\u0000b" } }),
  },
  {
    name: "a page that is not an object",
    probability: 0.002,
    line: (event) => JSON.stringify({ ...event, page: event.page.path }),
  },
  {
    name: "a value out of range",
    probability: 0.003,
    line: (event) => JSON.stringify({ ...event, scroll_depth: 1.25 }),
  },
  {
    name: "a value of the wrong type",
    probability: 0.003,
    line: (event, random) =>
      JSON.stringify({
        ...event,
        ...random.pick<object>([
          { duration_ms: 9.5 },
          { device: { mobile: "yes" } },
          { duration_ms: "fast" },
        ]),
      }),
  },
  {
    name: "several reasons at once",
    probability: 0.002,
    line: (event) =>
      JSON.stringify({ ...event, event_type: null, page: {}, user: { id: 1, country: "de" } }),
  },
  {
    name: "the line is cut off",
    probability: 0.002,
    line: (event, random) => JSON.stringify(event).slice(0, random.integer(2, 120)),
  },
];
