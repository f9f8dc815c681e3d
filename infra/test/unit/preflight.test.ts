/** What `deploy` refuses before it builds anything, and what it says about failures of AWS. */
import { describe, expect, test } from "vitest";
import { hintFor } from "../../src/deploy/known-failures.ts";
import { alarmAddressProblem, concurrencyProblem } from "../../src/deploy/preflight.ts";
import type { Environment } from "../../src/environment.ts";
import { bare, full } from "../../testing/environments.ts";

describe("the account's concurrency", () => {
  const withSettings = (
    maximumConcurrency: number,
    reservedConcurrency: Environment["silverGold"]["reservedConcurrency"],
  ): Environment => ({
    ...bare,
    bronzeSilver: { ...bare.bronzeSilver, maximumConcurrency },
    silverGold: { ...bare.silverGold, reservedConcurrency },
  });

  test.each([
    ["a new account without a reservation", 9, "none", 10, 10, 0],
    ["a usual account", 20, 1, 1_000, 1_000, 0],
    ["exactly enough", 100, 1, 1_000, 101, 0],
    ["a reservation that is deployed already", 20, 1, 110, 100, 1],
    ["a reservation that AWS would no longer make", 5, 1, 10, 9, 1],
  ] as const)("is enough: %s", (_, most, reserves, limit, unreserved, reserved) => {
    const problem = concurrencyProblem(
      withSettings(most, reserves),
      { limit, unreserved },
      reserved,
    );
    expect(problem).toBeUndefined();
  });

  test("counts what is set for replays, and no default", () => {
    const environment = withSettings(8, "none");
    const account = { limit: 10, unreserved: 10 };
    expect(concurrencyProblem(environment, account, 0)).toBeUndefined();
    const bronzeSilver = { ...environment.bronzeSilver, replayConcurrency: 2 };
    expect(concurrencyProblem({ ...environment, bronzeSilver }, account, 0)).toMatchObject({
      message: expect.stringContaining(
        "8 of bronze-silver and 2 of bronze-silver for replays at once are too many",
      ),
      hint: expect.stringContaining(
        "set bronzeSilver.maximumConcurrency and bronzeSilver.replayConcurrency to at most 9 together;",
      ),
    });
  });

  test.each([
    [
      "more at once than a new account has",
      [10, "none", 10, 10, 0],
      /run 10 functions at once in eu-west-1, of which 10 are not reserved\. .*bare, 10 of bronze-silver/,
      "set bronzeSilver.maximumConcurrency to at most 9; or ask",
    ],
    [
      "a reservation in a new account",
      [9, 1, 10, 10, 0],
      /reserving 1 for silver-gold would leave too few/,
      'set silverGold.reservedConcurrency to "none"; or ask',
    ],
    [
      "both",
      [20, 1, 10, 10, 0],
      /leave too few, and 20 of bronze-silver at once are too many/,
      'set silverGold.reservedConcurrency to "none" and bronzeSilver.maximumConcurrency to at most 9;',
    ],
    [
      "others have reserved the rest",
      [20, 1, 1_000, 100, 0],
      /of which 100 are not reserved/,
      'silverGold.reservedConcurrency to "none";',
    ],
  ] as const)("is not enough: %s", (_, settings, message, hint) => {
    const [most, reserves, limit, unreserved, reserved] = settings;
    const problem = concurrencyProblem(
      withSettings(most, reserves),
      { limit, unreserved },
      reserved,
    );
    expect(problem).toMatchObject({
      code: "CONCURRENCY",
      exitCode: 2,
      message: expect.stringMatching(message),
      hint: expect.stringContaining(hint),
    });
  });
});

test("the tasks of a fan-out share the account's concurrency with bronze-silver", () => {
  const fanOut = (concurrency: number): Environment => ({
    ...bare,
    bronzeSilver: { ...bare.bronzeSilver, maximumConcurrency: 20 },
    silverGold: { ...bare.silverGold, fanOut: { concurrency } },
  });
  const account = { limit: 1_000, unreserved: 101 };
  expect(concurrencyProblem(fanOut(80), account, 0)).toBeUndefined();
  expect(concurrencyProblem(fanOut(81), account, 0)).toMatchObject({
    code: "CONCURRENCY",
    message: expect.stringContaining("20 of bronze-silver and 81 of gold-task at once"),
    hint: expect.stringContaining(
      "set bronzeSilver.maximumConcurrency and silverGold.fanOut.concurrency to at most 100 together;",
    ),
  });
});

describe("the alarms' address", () => {
  const { email: _, ...alarms } = full.alarms;

  test("must be set in a protected environment", () => {
    expect(alarmAddressProblem({ ...full, alarms })).toMatchObject({
      code: "NO_ALARM_ADDRESS",
      exitCode: 2,
      hint: expect.stringMatching(/alarms\.email to an address, or to "none"/),
    });
  });

  test.each<[string, Environment]>([
    ["an address", full],
    ['"none"', { ...full, alarms: { ...alarms, email: "none" } }],
    [
      "nothing in an environment without protection",
      { ...full, alarms, deletionProtection: false },
    ],
  ])("may be %s", (_, environment) => {
    expect(alarmAddressProblem(environment)).toBeUndefined();
  });
});

describe("a failure of Terraform", () => {
  test("to make a budget says that IAM may not see billing", () => {
    const output = `
╷
│ Error: creating Budget (lakehouse-dev-monthly): operation error Budgets: CreateBudget, https response error
│ StatusCode: 400, RequestID: 1, api error AccessDeniedException: User: arn:aws:iam::123456789012:user/me is not
│ authorized to perform: budgets:ModifyBudget on resource: arn:aws:budgets::123456789012:budget/lakehouse-dev-monthly
│
╵`;
    expect(hintFor(output)).toMatch(/may not see billing.*monthlyBudgetUsd to "none"/);
  });

  test("to do something else gets no such hint", () => {
    expect(
      hintFor(
        "Error: creating S3 Bucket: AccessDenied: not authorized to perform: s3:CreateBucket",
      ),
    ).toBeUndefined();
  });
});
