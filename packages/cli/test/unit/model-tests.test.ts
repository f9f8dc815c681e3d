/** `lakehouse test`: what it prints about tests that fail, its exit codes, and unknown models. */
import { join } from "node:path";
import { catalog } from "@lakehouse/tables/catalog";
import { temporaryDirectory } from "@lakehouse/testing/temporary-directory";
import type { ModelTest } from "@lakehouse/transforms/model/test";
import { expect, test } from "vitest";
import { check } from "../../src/commands/check/check.ts";
import { failureLines } from "../../src/commands/test/command.ts";
import { test as runTests } from "../../src/commands/test/test.ts";
import { contextOf } from "../support/context.ts";

const orders = [
  { customer_id: 1, amount: "1.00", order_date: "2024-02-29" },
  { customer_id: 2, amount: "2.50", order_date: "2024-02-29" },
];
const wrong: ModelTest = {
  given: { orders },
  expected: [
    { customer_id: 1, order_count: 1, total_spent: 2 },
    { customer_id: 3, order_count: 1, total_spent: 7 },
  ],
};
const mistaken: ModelTest = { given: { order: [] }, expected: [] };

function contextWith(...tests: readonly ModelTest[]) {
  const models = catalog.models.map((model) =>
    model.name === "customer_summary" ? { ...model, tests } : model,
  );
  return contextOf(temporaryDirectory(), { ...catalog, models });
}

test("a failing test shows each row, and ends with exit code 1", async () => {
  const context = contextWith({ given: { orders }, expected: [{}, {}] }, wrong);
  const { tests, exitCode, ...counts } = await runTests(context, ["customer_summary"]);
  expect({ exitCode, ...counts }).toEqual({ exitCode: 1, ok: false, passed: 0, failed: 2 });
  const [, failed] = tests;
  expect(failed === undefined ? [] : failureLines(failed, context.screen)).toEqual([
    "Failed: customer_summary, test 2",
    "  differs     customer_id=1 order_count=1: total_spent is 1.00, expected 2.00",
    "  missing     customer_id=3 order_count=1 total_spent=7.00",
    "  unexpected  customer_id=2 order_count=1 total_spent=2.50",
  ]);
});

test("a mistake in a test ends with exit code 2, and check finds it", async () => {
  const context = contextWith(wrong, mistaken);
  const { tests, exitCode } = await runTests(context, []);
  expect(exitCode).toBe(2);
  const message = expect.stringMatching(/test 2 gives rows of order, .*Did you mean orders\?/);
  expect(tests[1]?.error).toEqual(message);
  const folder = join(import.meta.dirname, "../../../fixtures/tables");
  const { mistakes } = await check(context, async () => [], folder);
  expect(mistakes.map((each) => each.message)).toEqual([message]);
});

test("models without tests, and a model that does not exist", async () => {
  const none = await runTests(contextWith(), ["daily_sales"]);
  expect(none).toEqual({ ok: true, passed: 0, failed: 0, tests: [], exitCode: 0 });
  await expect(runTests(contextWith(), ["daily"])).rejects.toThrow('There is no model "daily"');
});
