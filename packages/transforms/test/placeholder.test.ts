/** PLACEHOLDER test of @lakehouse/transforms: replace it with real ones. */
import { expect, test } from "vitest";
import { placeholder } from "../src/placeholder.ts";

test("placeholder", () => {
  expect(placeholder).not.toBe("");
});
