/** The key for hashes of personal data: where it comes from, and what is wrong if there is none. */
import { inspect } from "node:util";
import { expect, test } from "vitest";
import { personalKeyFinder, readPersonalKeySettings } from "../../src/personal-key.ts";

const key = "0123456789abcdef0123456789abcdef";

test("comes from the environment, and is not printed", async () => {
  const settings = readPersonalKeySettings({ PERSONAL_DATA_KEY: key, AWS_REGION: "eu-west-1" });
  const found = await personalKeyFinder(settings)();
  expect(found.hash("7")).toMatch(/^[0-9a-f]{64}$/);
  expect(found.fingerprint).toMatch(/^[0-9a-f]{16}$/);
  expect(inspect(found, { depth: null, showHidden: true })).not.toContain(key);
  expect(JSON.stringify(found)).not.toContain(key);
});

test.each([
  [{}, /there is no key.*Set PERSONAL_DATA_KEY/],
  [{ PERSONAL_DATA_KEY: "short" }, /has 5 characters, and needs 32 or more.*openssl rand/],
])("is one clear error without a good one: %o", async (variables, message) => {
  const find = personalKeyFinder(readPersonalKeySettings(variables));
  await expect(find()).rejects.toThrow(message);
  await expect(find()).rejects.toMatchObject({ code: "PERSONAL_KEY", kind: "usage" });
});
