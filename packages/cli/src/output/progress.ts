/** Progress on stderr: a bar on a terminal, nothing in a pipe. */
import { SingleBar } from "cli-progress";

/** One piece of work under way. */
export interface Task {
  /** So many more are done. */
  advance(count: number): void;
  /** So many are done in all. */
  reach(count: number): void;
  /** All is done, or given up. */
  end(): void;
}

/** Starts pieces of work, one after the other. */
export interface Progress {
  /**
   * @param label What is done: `bronze → silver`.
   * @param unit What is counted: `objects`.
   * @param total How many there are; undefined when nobody knows.
   */
  start(label: string, unit: string, total: number | undefined): Task;
  /** Takes the bar away, so that nothing is written into it. */
  stop(): void;
}

/** Shows nothing. */
export const noProgress: Progress = {
  start: () => ({ advance() {}, reach() {}, end() {} }),
  stop() {},
};

/** Shows a bar, or, where the total is unknown, a count. */
export function terminalProgress(stream: NodeJS.WriteStream): Progress {
  let shown: SingleBar | undefined;
  const stop = (): void => {
    shown?.stop();
    shown = undefined;
  };
  return {
    start(label, unit, total) {
      stop();
      const format =
        total === undefined
          ? `${label}  {value} ${unit}`
          : `${label}  {bar}  {value}/{total} ${unit}`;
      const bar = new SingleBar({
        stream,
        format,
        barCompleteChar: "█",
        barIncompleteChar: "░",
        barsize: 30,
        hideCursor: true,
        clearOnComplete: true,
        gracefulExit: false,
        emptyOnZero: true,
      });
      bar.start(total ?? 0, 0);
      shown = bar;
      return {
        advance: (count) => bar.increment(count),
        reach: (count) => bar.update(count),
        end: () => {
          if (shown === bar) {
            stop();
          }
        },
      };
    },
    stop,
  };
}
