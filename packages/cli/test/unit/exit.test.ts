/** The exit code and the message of every kind of error. */
import { ConfigurationError, StoreError } from "@lakehouse/lake/errors";
import { EngineError } from "@lakehouse/silver-gold/engine";
import { CheckFailedError, ModelError, ModelFailedError } from "@lakehouse/silver-gold/errors";
import { ContractError } from "@lakehouse/transforms/errors";
import { describe, expect, test } from "vitest";
import { InterruptedError, UsageError } from "../../src/errors.ts";
import { failureOf } from "../../src/exit.ts";

describe("exit code", () => {
  test.each([
    [0x82, new InterruptedError(130)],
    [2, new UsageError("There is no table x", "Tables are: y.")],
    [2, new ConfigurationError("BRONZE_BUCKET", "is not set", "Set it.")],
    [2, new ContractError("orders.amount", "its scale is negative", "Write decimal(18, 2).")],
    [2, new ModelError("daily_sales", "it reads no table", "Read one.")],
    [
      1,
      new ModelFailedError(
        "daily_sales",
        "all",
        new EngineError("DuckDB", "sql", "Out of Range Error"),
      ),
    ],
    [3, new StoreError("The disk is full.")],
    [3, new TypeError("x is not a function")],
    [3, "thrown text"],
  ])("%i: %s", (exitCode, error) => {
    expect(failureOf(error, "lakehouse").exitCode).toBe(exitCode);
  });
});

test("failed checks are a data problem, and show some of the rows that break them", () => {
  const sample = [{ customer_id: "7", order_date: "2024-01-01" }];
  const check = { model: "customer_daily", check: "unique(customer_id)", failing: 2, sample };
  const failure = failureOf(new CheckFailedError([check]), "lakehouse");
  expect(failure).toMatchObject({ exitCode: 1, code: "CHECK_FAILED", checks: [check] });
  expect(failure.message).toContain('\n  {"customer_id":"7","order_date":"2024-01-01"}');
});

test("an unexpected error says how to see a stack trace, and shows none", () => {
  const { message } = failureOf(new TypeError("x is not a function"), "lakehouse");
  expect(message).toContain("DEBUG=lakehouse");
  expect(message).not.toMatch(/\n/);
});
