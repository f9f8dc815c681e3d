/** Prints progress on stderr. Only the report goes to stdout. */

/** Prints a progress message. */
export type Log = (message: string) => void;

/** Prints each message on its own line. */
export const log: Log = (message) => {
  process.stderr.write(`${message}\n`);
};
