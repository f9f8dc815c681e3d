/** Where the silver benchmark's files are. */
import { join } from "node:path";

/** The objects: 128 MiB of good orders, the same with 2 % bad lines, and the first one's bytes 16 times. */
export const objects = ["clean", "dirty", "large"] as const;

/** One of them. */
export type ObjectName = (typeof objects)[number];

/** The bronze key of an object. */
export function bronzeKey(name: ObjectName): string {
  return `orders/2026/01/02/03/${name}.gz`;
}

/** The object as a file, for cases that read no lake. */
export function objectPath(lake: string, name: ObjectName): string {
  return join(lake, "bronze", bronzeKey(name));
}

/** The order of a case that reads no lake. */
export interface Conversion {
  readonly source: string;
  readonly target: string;
}

/** What to measure the parts of that no run can leave out. */
export interface BoundOrder {
  /** The clean object, and the silver file of it. */
  readonly clean: string;
  readonly silver: string;
  /** The dirty object's quarantine. */
  readonly quarantine: string;
  /** For files. */
  readonly directory: string;
}
