/** What the gold benchmark's lakes hold. */

/** Which days new orders have. */
export type Spread = "recent" | "scattered";

/** The last so many days of the history are the recent ones. */
export const recentDays = 3;

/** What to write. */
export interface FilesOrder {
  readonly lake: string;
  /** Orders of the history; 0 to add new ones to it. */
  readonly history: number;
  /** Days of the history, from the first of 2024 on. */
  readonly days: number;
  readonly ordersPerFile: number;
  readonly customers: number;
  /** Orders of one more file. */
  readonly newOrders: number;
  /** Tells the new files apart. */
  readonly newFile: number;
  readonly spread: Spread;
}

/** What to run. */
export interface RunOrder {
  readonly lake: string;
  readonly scratch: string;
  readonly rebuild: boolean;
}
