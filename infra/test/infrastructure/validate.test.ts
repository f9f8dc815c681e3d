/** Terraform checks every stack of every environment against the provider's schema. */
import { afterAll, describe, expect, test } from "vitest";
import { environments, full } from "../../testing/environments.ts";
import { stacksOf } from "../support/synthesized.ts";
import { findTerraform } from "../support/terraform.ts";

const stacks = stacksOf([...environments, full]);
const [first] = stacks;
const terraform = await findTerraform("whether Terraform accepts the stacks", first?.text ?? "");

afterAll(() => terraform?.remove());

describe.concurrent("terraform validate", { skip: terraform === undefined }, () => {
  test.each(stacks)("accepts $name", async ({ name, text }) => {
    expect(await terraform?.validate(name, text)).toEqual([]);
  });

  test("refuses an unknown argument", async () => {
    const [bootstrap] = stacksOf([full]);
    const wrong =
      bootstrap?.text.replace('"force_destroy": false', '"force_destroys": false') ?? "";
    const errors = await terraform?.validate("wrong", wrong);
    expect(errors?.join()).toContain("force_destroys");
  });
});
