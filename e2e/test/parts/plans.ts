/** `terraform plan` of an environment before it is deployed. */
import { expect, it } from "vitest";
import type { EnvironmentName } from "../../src/names.ts";
import { planEnvironment } from "../../src/planned-environment.ts";

export function plans(environment: EnvironmentName): void {
  it("creates every resource of every stack", async () => {
    const stacks = await planEnvironment(environment);
    const kinds = ["bootstrap", "lakehouse", "registry", "storage"];
    expect([...stacks.keys()]).toEqual(kinds.map((kind) => `${environment}-${kind}`));
    for (const [stack, changes] of stacks) {
      expect(new Set(changes.values()), stack).toEqual(new Set(["create"]));
    }
  });
}
