/** PLACEHOLDER test of @lakehouse/silver-gold: replace it with real ones. */
import { expect, test } from "vitest";
import { handler } from "../src/handler.ts";

test("placeholder: the source and its bundle answer alike", async () => {
  const bundle: typeof import("../src/handler.ts") = await import(
    new URL("../dist/handler.mjs", import.meta.url).href
  );
  expect(await bundle.handler()).toBe(await handler());
});
