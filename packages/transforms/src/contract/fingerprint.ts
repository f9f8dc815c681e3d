/** Fingerprints: short hashes that change when a contract or a model does. */
import { createHash } from "node:crypto";
import type { FileFormat, Table } from "./checked-table.ts";

/** The parts of a contract that decide what silver holds. */
type SilverContract = Pick<Table, "name" | "columns" | "unknownColumns" | "expectations"> & {
  readonly format: FileFormat;
};

/** A short hash that changes when the value does. Descriptions don't count. */
export function fingerprint(value: unknown): string {
  return hash(JSON.stringify(value, plain));
}

/**
 * The fingerprint of what a contract makes of bronze. It has two parts, with a dash between them: the rules, in which
 * the order of definition does not count, and the order of the columns.
 */
export function silverFingerprint(contract: SilverContract): string {
  const rules = JSON.stringify(ordered(JSON.parse(JSON.stringify(contract, plain))));
  const order = JSON.stringify(contract.columns.map(({ name }) => name));
  return `${hash(rules)}-${hash(order)}`;
}

/** The first part of a silver fingerprint. */
export function rulesOf(silver: string): string {
  return silver.split("-", 1)[0] ?? "";
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

/** A replacer for `JSON.stringify`. */
function plain(key: string, part: unknown): unknown {
  if (typeof part === "bigint") {
    return `${part}n`;
  }
  if (part instanceof RegExp) {
    return String(part);
  }
  return key === "description" ? undefined : part;
}

/** Lists whose order does not matter, because each member is checked. */
const sets: ReadonlySet<string> = new Set(["columns", "expectations", "accepted", "values", "all"]);

/** The same JSON value, with the members of objects and of `sets` in a fixed order. */
function ordered(value: unknown, name = ""): unknown {
  if (Array.isArray(value)) {
    const parts = value.map((part) => ordered(part));
    return sets.has(name) ? parts.sort(byText) : parts;
  }
  if (typeof value !== "object" || value === null) {
    return value;
  }
  const members = Object.entries(value).map(([key, part]) => [key, ordered(part, key)] as const);
  return Object.fromEntries(members.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function byText(a: unknown, b: unknown): number {
  return JSON.stringify(a) < JSON.stringify(b) ? -1 : 1;
}
