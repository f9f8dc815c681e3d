/** How `init` arranges the files that it writes where there is no formatter: in a lake of one's own. */
import { expect, test } from "vitest";
import { indented } from "../../src/commands/init/format-source.ts";

test("each line is indented by the brackets that are open where it begins", () => {
  const source = [
    "/** A contract (of 1 record. */",
    "export const things = defineTable({",
    'name: "th(ings",',
    "columns: {",
    "// Seen: 1 to [2",
    'total: decimal(12, 2).notNull().from("a{", "b"),',
    "code: string().pattern(/^[(]$/),",
    "},",
    'partitionBy: month("day"),',
    "});",
    "",
  ].join("\n");
  expect(indented(source)).toBe(
    [
      "/** A contract (of 1 record. */",
      "export const things = defineTable({",
      '  name: "th(ings",',
      "  columns: {",
      "    // Seen: 1 to [2",
      '    total: decimal(12, 2).notNull().from("a{", "b"),',
      "    code: string().pattern(/^[(]$/),",
      "  },",
      '  partitionBy: month("day"),',
      "});",
      "",
    ].join("\n"),
  );
});
