/** `deploy` has Athena validate the queries of its models, and ends with what it refuses. */
import { afterEach, expect, test, vi } from "vitest";
import { validateAthenaModels } from "../../src/deploy/athena-models.ts";
import { deployStatements } from "../../src/iam/deployer.ts";
import { bare } from "../../testing/environments.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

/** What is printed, and returned, if the function answers so. */
async function validated(
  answer: unknown,
  { models = ["totals"], dryRun = false }: { models?: string[]; dryRun?: boolean } = {},
) {
  const printed: string[] = [];
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, "write").mockImplementation((text) => printed.push(String(text)) > 0);
  }
  const invoke = vi.fn(async () => {
    if (answer instanceof Error) {
      throw answer;
    }
    return answer;
  });
  const step = (title: string) => printed.push(`${title}\n`);
  const options = { dist: "", runtime: {}, dryRun, verbose: false };
  const session = { environment: bare, step, options, aws: { invoke } };
  const refusal = await validateAthenaModels(
    session as unknown as Parameters<typeof validateAthenaModels>[0],
    models,
  );
  vi.restoreAllMocks();
  return { text: printed.join(""), refusal, calls: invoke.mock.calls };
}

const title = "Have Athena validate the queries of totals";
const right = { model: "totals", missing: [], mistake: null, hint: null };

test("the deployed function validates the models", async () => {
  expect(await validated({ validated: [right] })).toEqual({
    text: `${title}\n`,
    refusal: undefined,
    calls: [["lakehouse-bare-silver-gold", "live", { validate: true }]],
  });
  expect((await validated({}, { models: [] })).text).toBe("");
});

test("a dry run says what it would do", async () => {
  const { text, calls } = await validated({}, { dryRun: true });
  expect(text).toBe(`${title}: EXPLAIN (TYPE VALIDATE)\n`);
  expect(calls).toEqual([]);
});

test("a model that Athena refuses is an error, and one that can't be validated is not", async () => {
  const wrong = { ...right, mistake: "Model totals: no", hint: "Fix it." };
  const { refusal } = await validated({ validated: [wrong] });
  expect(refusal).toMatchObject({ code: "INVALID_MODEL", exitCode: 2 });
  expect(refusal?.message).toContain("refuses a model:\nerror: Model totals: no\nhint: Fix it.");
  const early = await validated({ validated: [{ ...right, missing: ["orders"] }] });
  expect(early.refusal).toBeUndefined();
  expect(early.text).toMatch(/the query of totals: gold does not have orders yet/);
  // Such as while all of its instances are busy.
  const { text, refusal: none } = await validated(new Error("Rate exceeded"));
  expect(none).toBeUndefined();
  expect(text).toMatch(
    /has not validated the queries of totals\. To try again: .* check --deployed\nRate exceeded/,
  );
});

test("GitHub's role may invoke that function alone, if there is such a model", () => {
  const deployment = { environment: bare, accountId: "1", partition: "aws", buildsOnAthena: true };
  const invoking = (each: typeof deployment) =>
    deployStatements(each).filter((statement) =>
      JSON.stringify(statement).includes("lambda:InvokeFunction"),
    );
  expect(invoking(deployment)).toMatchObject([
    { resources: [expect.stringMatching(/:function:lakehouse-bare-silver-gold:live$/)] },
  ]);
  expect(invoking({ ...deployment, buildsOnAthena: false })).toEqual([]);
});
