/** Progress on stderr: a bar on a terminal, nothing in a pipe. */

import { bytes, duration, number } from "@lakehouse/terminal/words";
import { type GenericFormatter, SingleBar } from "cli-progress";
import stringWidth from "string-width";

/** A task in progress. */
export interface Task {
  /** Adds to the count. */
  advance(count: number): void;
  /** Sets the count. */
  reach(count: number): void;
  /** Ends the task, done or not. */
  end(): void;
}

/** Shows tasks, one at a time. */
export interface Progress {
  /**
   * @param label The task: `bronze → silver`.
   * @param unit What is counted: `objects`. For `bytes`, the size and the rate are shown.
   * @param total The total count; undefined if unknown.
   */
  start(label: string, unit: string, total: number | undefined): Task;
  /** Removes the bar before other output. */
  stop(): void;
}

/** Shows nothing. */
export const noProgress: Progress = {
  start: () => ({ advance() {}, reach() {}, end() {} }),
  stop() {},
};

const maximumBar = 30;
const minimumBar = 5;

/** Shows a bar with the time left, or a count if the total is unknown. */
export function terminalProgress(stream: NodeJS.WriteStream): Progress {
  let shown: SingleBar | undefined;
  const stop = (): void => {
    shown?.stop();
    shown = undefined;
  };
  return {
    start(label, unit, total) {
      stop();
      const shownBar = new SingleBar({
        stream,
        format: barFormat(stream, label, unit, total !== undefined),
        hideCursor: true,
        clearOnComplete: true,
        gracefulExit: false,
        emptyOnZero: true,
        etaBuffer: 100,
        etaAsynchronousUpdate: true,
      });
      shownBar.start(total ?? 0, 0);
      shown = shownBar;
      return {
        advance: (count) => shownBar.increment(count),
        reach: (count) => shownBar.update(count),
        end: () => {
          if (shown === shownBar) {
            stop();
          }
        },
      };
    },
    stop,
  };
}

/** `orders → bronze  ███░░░  12.5 MiB/80 MiB  3.1 MiB/s  22s left`, or parts of it on a narrow terminal. */
function barFormat(
  stream: NodeJS.WriteStream,
  label: string,
  unit: string,
  isTotalKnown: boolean,
): GenericFormatter {
  const isSize = unit === "bytes";
  const amount = isSize ? bytes : number;
  return (_, { value, total, progress, eta, startTime }) => {
    const seconds = (Date.now() - startTime) / 1_000;
    const count = isTotalKnown ? `${amount(value)}/${amount(total)}` : amount(value);
    const amounts = isSize ? count : `${count} ${unit}`;
    const rate = isSize && seconds >= 1 ? [`${bytes(Math.round(value / seconds))}/s`] : [];
    // The estimate is not finite before the first count.
    const isEstimated = isTotalKnown && seconds >= 1 && Number.isFinite(eta);
    const left = isEstimated ? [`${duration(eta)} left`] : [];
    if (!isTotalKnown) {
      return [label, amounts, ...rate].join("  ");
    }
    const columns = (stream.columns || 80) - 1;
    for (const details of [
      [amounts, ...rate, ...left],
      [amounts, ...left],
    ]) {
      const room = columns - stringWidth([label, "", ...details].join("  "));
      if (room >= minimumBar) {
        return [label, bar(progress, Math.min(maximumBar, room)), ...details].join("  ");
      }
    }
    return [label, amounts, ...left].join("  ");
  };
}

function bar(progress: number, size: number): string {
  const done = Math.round(progress * size);
  return "█".repeat(done) + "░".repeat(size - done);
}
