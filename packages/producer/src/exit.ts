/** What happens to records that are still buffered when a process ends. */

/** A producer, as far as the end of its process is concerned. */
export interface Buffered {
  readonly table: string;
  /** How many records are neither delivered nor reported. */
  readonly pending: number;
  close(): Promise<void>;
}

const open = new Set<Buffered>();

/** Reports the producer's records if the process ends with them: `process.exit()`, an error that nobody caught. */
export function watch(producer: Buffered): void {
  if (open.size === 0) {
    process.on("exit", reportLost);
  }
  open.add(producer);
}

/** Ends `watch`, when nothing is buffered. */
export function unwatch(producer: Buffered): void {
  open.delete(producer);
  if (open.size === 0) {
    process.off("exit", reportLost);
  }
}

/** Nothing can be sent any more: Node runs no promises in its last moment. */
function reportLost(): void {
  for (const { table, pending } of open) {
    const lost = pending === 1 ? `1 record of ${table} was` : `${pending} records of ${table} were`;
    process.stderr.write(
      `${lost} not sent, because the process ended first. Await close() before you end it.\n`,
    );
  }
}

/**
 * Closes the producer when the process gets one of the signals, and then lets the signal end the process, unless somebody else
 * listens to it: the app, or another producer that is not closed yet.
 *
 * @returns A function that ends this.
 */
export function closeOnSignals(producer: Buffered, signals: readonly NodeJS.Signals[]): () => void {
  const listen = (signal: NodeJS.Signals): void => {
    const end = (): void => {
      stop();
      if (process.listenerCount(signal) === 0) {
        process.kill(process.pid, signal);
      }
    };
    producer.close().then(end, (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
      end();
    });
  };
  const stop = (): void => {
    for (const signal of signals) {
      process.off(signal, listen);
    }
  };
  for (const signal of signals) {
    process.on(signal, listen);
  }
  return stop;
}
