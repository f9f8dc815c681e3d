/** Terraform checks every stack of every environment against the provider's schema. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bare, environments, full, wide } from "../../testing/environments.ts";
import { onAthena } from "../support/on-athena.ts";
import { stacksOf } from "../support/synthesized.ts";
import { findTerraform } from "../support/terraform.ts";

// Only their main stacks have other kinds of resources.
const others = [...stacksOf([wide]), ...stacksOf([{ ...bare, name: "athena" }], onAthena)];
const stacks = [
  ...stacksOf([...environments, full]),
  ...others.filter(({ name }) => name.endsWith("-lakehouse")),
];
const [first] = stacks;
const terraform = await findTerraform("whether Terraform accepts the stacks", first?.text ?? "");

afterAll(() => terraform?.remove());

describe("terraform validate", { skip: terraform === undefined }, () => {
  let errors: ReadonlyMap<string, readonly string[]> | undefined;

  beforeAll(async () => {
    const texts = stacks.map(({ name, text }) => [name, text] as const);
    const wrong = first?.text.replace('"force_destroy": false', '"force_destroys": false') ?? "";
    errors = await terraform?.validate(new Map([...texts, ["wrong", wrong]]));
  });

  test.each(stacks)("accepts $name", ({ name }) => {
    expect(errors?.get(name)).toEqual([]);
  });

  test("refuses an unknown argument", () => {
    expect(errors?.get("wrong")?.join()).toContain("force_destroys");
  });
});
