/** `npm run bench:producer`: prints what sending a million records costs, by way and size, as Markdown. */
import { markdownTable } from "markdown-table";
import { number } from "../report.ts";
import { measureSending } from "./producer.ts";

const count = 50_000;

for (const noteBytes of [20, 220, 920, 2_920]) {
  const costs = await measureSending(count, noteBytes);
  const [first] = costs;
  const rows = costs.map(({ way, calls, billedMb, usd, cpuSeconds }) => [
    way,
    number(calls),
    number(billedMb),
    usd.toFixed(3),
    `${number(cpuSeconds / (first?.cpuSeconds ?? 1))} ×`,
  ]);
  const header = [`${noteBytes + 80} bytes a record`, "calls", "MB billed", "US dollars", "cpu"];
  const align = header.map((_, index) => (index === 0 ? "l" : "r"));
  process.stdout.write(`${markdownTable([header, ...rows], { align })}\n\n`);
}
