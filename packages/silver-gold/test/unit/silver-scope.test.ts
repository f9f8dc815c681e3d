/** Runs list all of silver once a day, however much there is, in parts of bounded size, and late days first. */
import { markLate } from "@lakehouse/lake/late-silver";
import { runs } from "@lakehouse/testing/property";
import fc from "fast-check";
import { expect, test } from "vitest";
import { isListedDay, silverScopeOf } from "../../src/current/silver-scope.ts";
import type { ManifestPart } from "../../src/state/manifest-parts.ts";
import type { RunRecord } from "../../src/state/run-record.ts";
import { readings } from "../support/lake.ts";
import { MemoryStore } from "../support/memory-store.ts";

const firstDay = Date.parse("2024-01-01");
const dayOf = (number: number) =>
  new Date(firstDay + number * 86_400_000).toISOString().slice(0, 10);
const days = 40;
const today = dayOf(days);
const most = 10;

const input = fc.record({
  /** Parts that begin on some days, of two tables. */
  parts: fc.array(fc.record({ day: fc.nat(days), objects: fc.integer({ min: 1, max: 15 }) }), {
    minLength: 1,
    maxLength: 30,
  }),
  /** Before which run silver of which day is late. */
  late: fc.array(fc.record({ run: fc.nat(9), day: fc.nat(days - 3) }), { maxLength: 6 }),
});

test("each day is listed once a day, and late days after their mark", async () => {
  await fc.assert(
    fc.asyncProperty(input, async ({ parts: given, late }) => {
      const parts = given.map(({ day, objects }): ManifestPart => {
        return { key: "part", from: dayOf(day), objects, contracts: {} };
      });
      const largest = Math.max(
        ...Map.groupBy(parts, ({ from }) => from)
          .values()
          .map((starting) => starting.reduce((sum, { objects }) => sum + objects, 0)),
      );
      const store = new MemoryStore("silver");
      let listed: RunRecord["run"]["listed"];
      const unlisted = new Set(Array.from({ length: days + 1 }, (_, day) => dayOf(day)));
      const waiting = new Set<string>();
      for (let run = 0; run < 100; run += 1) {
        for (const { day } of late.filter((each) => each.run === run)) {
          await markLate(store, `readings/${dayOf(day).replaceAll("-", "/")}/00/any`);
          waiting.add(dayOf(day));
        }
        const scope = await silverScopeOf(store, {
          tables: [readings],
          parts,
          listed,
          startedAt: `${today}T${String(run % 24).padStart(2, "0")}:00:00Z`,
          most,
        });
        const now = [...unlisted, ...waiting].filter((day) => isListedDay(scope.days, day));
        const earlier = parts.filter(({ from }) => from < dayOf(days - 2));
        const size = earlier
          .filter(({ from }) => isListedDay(scope.days, from))
          .reduce((sum, { objects }) => sum + objects, 0);
        // One part of the whole, and one late day, may be larger than the limit.
        expect(size).toBeLessThanOrEqual(most + 2 * largest);
        for (const day of now) {
          unlisted.delete(day);
          waiting.delete(day);
        }
        const isOver = run > 9 && scope.listed === listed;
        ({ listed } = scope);
        if (isOver) {
          break;
        }
      }
      expect([...unlisted, ...waiting]).toEqual([]);
      expect(listed?.next).toBeUndefined();
    }),
    runs(100),
  );
});
