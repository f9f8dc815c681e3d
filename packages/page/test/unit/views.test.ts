/** Addresses, the lineage, and what needs attention. */
import { describe, expect, test } from "vitest";
import { layoutOf } from "../../src/app/lineage/layout.ts";
import { nearestNode } from "../../src/app/lineage/nearest-node.ts";
import { relatedTo, without } from "../../src/app/lineage/related.ts";
import { hashOf, parseHash } from "../../src/app/routes.ts";
import { errorRange } from "../../src/app/sql/error-range.ts";
import { parametersOf, selectionOf } from "../../src/app/views/quarantine/selection.ts";
import type { LineageData } from "../../src/data.ts";

test.each(["orders", "a/b?c#d", 'x"><script>', "100%", "schön"])("%s has an address", (name) => {
  const hash = hashOf("data", name, { sort: "a&b" });
  expect(parseHash(hash)).toEqual({ view: "data", name, parameters: { sort: "a&b" } });
});

test.each(["#/nowhere", "#/data/a/b", "#/%E0%A4%A"])("%s leads nowhere", (hash) => {
  expect(parseHash(hash).view).toBe("missing");
});

test.each(["", "#", "#/"])("%j leads to the overview", (hash) => {
  expect(parseHash(hash).view).toBe("overview");
});

test.each([
  { table: null, column: undefined, rule: null, day: null },
  { table: "orders", column: null, rule: "not JSON", day: "2026-11-27" },
  { table: "orders", column: "amount", rule: "not null", day: null },
])("the address holds the selection %j", (selection) => {
  expect(selectionOf(parametersOf(selection))).toEqual(selection);
});

describe("lineage", () => {
  const lineage: LineageData = {
    nodes: [
      { name: "bronze_orders", kind: "bronze", table: "orders" },
      { name: "silver_orders", kind: "silver", table: "orders" },
      { name: "orders", kind: "table", table: "orders" },
      { name: "sales", kind: "model", table: null },
      { name: "other", kind: "model", table: null },
    ],
    edges: [
      { from: "bronze_orders", to: "silver_orders", kind: "rows" },
      { from: "silver_orders", to: "orders", kind: "rows" },
      { from: "orders", to: "sales", kind: "rows" },
      { from: "silver_orders", to: "sales", kind: "check" },
    ],
  };

  test("what belongs to a node", () => {
    expect([...relatedTo("orders", lineage.edges)].sort()).toEqual(
      ["bronze_orders", "orders", "sales", "silver_orders"].sort(),
    );
    expect([...relatedTo("other", lineage.edges)]).toEqual(["other"]);
  });

  test("edges lead past the nodes that are left out", () => {
    const { nodes, edges } = without(lineage, ["silver"]);
    expect(nodes.map(({ name }) => name)).not.toContain("silver_orders");
    expect(edges).toContainEqual({ from: "bronze_orders", to: "orders", kind: "rows" });
    expect(edges).toContainEqual({ from: "bronze_orders", to: "sales", kind: "check" });
  });

  test("nodes are placed from left to right, and arrow keys move between them", () => {
    const { nodes } = layoutOf(lineage);
    const at = (name: string) => nodes.find(({ node }) => node.name === name);
    const orders = at("orders");
    const silver = at("silver_orders");
    expect(silver?.x).toBeLessThan(orders?.x ?? 0);
    if (orders !== undefined) {
      expect(nearestNode(orders, nodes, "ArrowLeft")?.node.name).toBe("silver_orders");
      expect(nearestNode(orders, nodes, "ArrowRight")?.node.name).toBe("sales");
      expect(nearestNode(orders, nodes, "toString")).toBeUndefined();
    }
  });
});

test("an error is marked at its word", () => {
  const text = "select *\nfrom wrong where x";
  expect(errorRange(text, { line: 2, column: 6 })).toEqual({ from: 14, to: 19 });
  expect(errorRange(text, { line: 2, column: null })).toEqual({ from: 9, to: 27 });
  expect(errorRange(text, { line: 9, column: 1 })).toBeNull();
  expect(errorRange(text, { line: null, column: null })).toBeNull();
});
