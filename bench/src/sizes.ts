/** How much to measure: everything, or little to see that it works. */
import type { MonthCase, PeerCase } from "./gold/layout.ts";

/** Sizes of the inputs and numbers of runs. */
export interface Size {
  readonly silver: {
    /** NDJSON in the object, in MiB. */
    readonly mebibytes: number;
    /** How often the large object repeats its gzip member. */
    readonly repeats: number;
    /** Measured runs of each case. The report has their median. */
    readonly runs: number;
    /** The most rounds, to get that many undisturbed runs. */
    readonly rounds: number;
  };
  readonly gold: {
    /** Orders of the history at scale 1. */
    readonly orders: number;
    readonly scales: readonly number[];
    /** Days of the history. Each is a partition. */
    readonly days: number;
    /** Orders that arrive between two runs. */
    readonly newOrders: number;
    /** Orders in each silver file of the history. */
    readonly ordersPerFile: number;
    readonly runs: number;
    /** The histories that are measured beside peers. */
    readonly peers: readonly PeerCase[];
    /** Numbers of simulated silver objects. */
    readonly manyObjects: readonly number[];
    /** The number of silver files with a few rows each. */
    readonly smallFiles: number;
    /** Months with many and few orders. */
    readonly months: readonly MonthCase[];
  };
  readonly start: { readonly runs: number };
  readonly ceilings: {
    /** Orders of a first run, in silver files of `gold.ordersPerFile`. */
    readonly orders: number;
    /** The sizes of functions, in MiB. */
    readonly memoryMib: readonly number[];
  };
}

export const sizes = {
  full: {
    silver: { mebibytes: 128, repeats: 16, runs: 7, rounds: 14 },
    gold: {
      orders: 200_000,
      scales: [1, 10, 100],
      days: 730,
      newOrders: 20_000,
      ordersPerFile: 20_000,
      runs: 3,
      peers: [
        { orders: 200_000, unit: "day" },
        { orders: 2_000_000, unit: "day" },
        { orders: 2_000_000, unit: "month" },
      ],
      manyObjects: [100_000, 1_000_000, 10_000_000],
      smallFiles: 10_000,
      months: [
        { orders: 10_000_000, ordersPerFile: 20_000, late: 1_000, keys: "numbers" },
        { orders: 100_000, ordersPerFile: 20_000, late: 1_000, keys: "numbers" },
        { orders: 10_000_000, ordersPerFile: 20_000, late: 1_000, keys: "strings" },
        { orders: 100_000, ordersPerFile: 20_000, late: 1_000, keys: "strings" },
      ],
    },
    start: { runs: 7 },
    ceilings: { orders: 10_000_000, memoryMib: [1_024, 1_769, 3_008, 4_096, 10_240] },
  },
  quick: {
    silver: { mebibytes: 16, repeats: 4, runs: 3, rounds: 6 },
    gold: {
      orders: 20_000,
      scales: [1, 10],
      days: 90,
      newOrders: 2_000,
      ordersPerFile: 5_000,
      runs: 2,
      peers: [
        { orders: 20_000, unit: "day" },
        { orders: 200_000, unit: "month" },
      ],
      manyObjects: [10_000],
      smallFiles: 1_000,
      months: [
        { orders: 500_000, ordersPerFile: 5_000, late: 500, keys: "numbers" },
        { orders: 20_000, ordersPerFile: 5_000, late: 500, keys: "numbers" },
        { orders: 500_000, ordersPerFile: 5_000, late: 500, keys: "strings" },
        { orders: 20_000, ordersPerFile: 5_000, late: 500, keys: "strings" },
      ],
    },
    start: { runs: 3 },
    ceilings: { orders: 2_000_000, memoryMib: [1_024, 1_769, 3_008, 4_096, 10_240] },
  },
  tiny: {
    silver: { mebibytes: 1, repeats: 2, runs: 1, rounds: 1 },
    gold: {
      orders: 2_000,
      scales: [1, 2],
      days: 7,
      newOrders: 500,
      ordersPerFile: 1_000,
      runs: 1,
      peers: [{ orders: 2_000, unit: "day" }],
      manyObjects: [3_000],
      smallFiles: 30,
      months: [
        { orders: 2_000, ordersPerFile: 1_000, late: 100, keys: "numbers" },
        { orders: 2_000, ordersPerFile: 1_000, late: 100, keys: "strings" },
      ],
    },
    start: { runs: 1 },
    ceilings: { orders: 2_000, memoryMib: [1_769, 4_096] },
  },
} as const satisfies Record<string, Size>;

/** Name of a size. */
export type SizeName = keyof typeof sizes;
