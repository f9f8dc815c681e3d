/** New silver that is not in gold yet. */

/** The size of a backlog. */
export interface Backlog {
  readonly objects: number;
  /** The size of their files. */
  readonly bytes: number;
}

/** No backlog. */
export const noBacklog: Backlog = { objects: 0, bytes: 0 };
