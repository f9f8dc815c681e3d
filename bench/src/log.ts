/** Progress for whoever waits: on stderr, so that stdout is the report alone. */

/** Tells what is being done. */
export type Log = (message: string) => void;

/** Writes each message on a line of its own. */
export const log: Log = (message) => {
  process.stderr.write(`${message}\n`);
};
