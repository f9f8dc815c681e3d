/** Prints the state of a replay on the deployed queue. */
import { bronzeSilver } from "@lakehouse/lake/functions";
import type { Screen } from "@lakehouse/terminal/screen";
import { counted, number, oneLine } from "@lakehouse/terminal/words";
import type { ReplayState, ReplaySummary } from "./summary.ts";

/**
 * A line about the replay, and a line for each thing to do.
 *
 * @param environment The name of its environment.
 * @param commandLine What a user types before a command's name.
 */
export function replayText(environment: string, commandLine: string) {
  return (summary: ReplaySummary & { isRunning?: boolean }, screen: Screen): string => {
    const { id, tables, sent, done, state, removed } = summary;
    const title = `Replay ${id} of ${tables.join(", ")}: ${number(done)} of ${counted(sent, "object")} done`;
    const next = {
      sending: [
        `It has not sent all objects. If no command is sending them: ${commandLine} replay --resume ${id}`,
      ],
      running: [
        `${waiting(summary)} It goes on without this command. Follow it: ${commandLine} replay --status ${id}`,
      ],
      paused: [`${waiting(summary)} Replays are paused. Go on: ${commandLine} replay --resume`],
      ended: ended(summary, environment, screen),
    }[state];
    const lines = [
      title,
      ...next,
      ...(removed === 0
        ? []
        : [
            `${counted(removed, "object")} of it ${removed === 1 ? "was" : "were"} removed from Bronze since it began.`,
          ]),
      ...otherContract(summary, commandLine, screen),
      ...(summary.isRunning === false
        ? [
            `The lakehouse itself is paused, and replays with it. To go on: pnpm run deploy --env ${environment} --resume`,
          ]
        : []),
    ];
    return `${lines.join("\n")}\n`;
  };
}

/** Says that replays are paused, and how they go on. */
export function pausedText(commandLine: string) {
  return (state: ReplayState): string =>
    `Replays are paused. ${waiting(state)} Go on: ${commandLine} replay --resume\n`;
}

function waiting({ queue }: Pick<ReplayState, "queue">): string {
  return `Waiting or in progress, of all replays: ${counted(queue.waiting, "object")}.`;
}

function ended(
  { id, sent, left, leftObjects, queue }: ReplaySummary,
  environment: string,
  screen: Screen,
): string[] {
  if (sent === 0) {
    return ["There was nothing to replay."];
  }
  if (left === 0) {
    return ["The next gold run merges the changes."];
  }
  const prefix = `lakehouse-${environment}`;
  return [
    ...leftObjects.map((key) => `${screen.paint("problem", "FAILED")} ${oneLine(key)}`),
    ...(left > leftObjects.length ? [`… and ${number(left - leftObjects.length)} more.`] : []),
    `Why: aws logs tail /aws/lambda/${prefix}-${bronzeSilver} --since 1d --filter-pattern '{ $.replay = "${id}" && $.level = "ERROR" }'`,
    queue.failed === 0
      ? "No message about them is left. Run the same replay again."
      : `${counted(queue.failed, "message")} of all replays ${queue.failed === 1 ? "is" : "are"} in ${prefix}-replay-dead-letters. Fix the cause, then redrive: docs/operations.md (replay-dead-letters).`,
  ];
}

function otherContract(
  { otherContract: tables, outdated }: ReplaySummary,
  commandLine: string,
  screen: Screen,
): string[] {
  return tables.map((table) =>
    screen.paint(
      "warning",
      `The contract of ${table} in this folder is not the one that ${outdated ? "this replay began with, or that is deployed" : "made this silver"}. ` +
        `Deploy it, then run: ${commandLine} replay ${table} --outdated --remote`,
    ),
  );
}
