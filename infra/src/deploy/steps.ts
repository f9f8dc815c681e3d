/** The steps of a deployment: what is run, and what a dry run tells of it, come from the same list. */
import { print, say } from "./console.ts";
import { type Command, commandText } from "./shell.ts";

/** One step. */
export interface Step {
  /** What it does, as a command to a person. */
  readonly title: string;
  /** What it runs, for a dry run to tell. */
  readonly commands: readonly Command[];
  run(): Promise<void>;
}

/** Runs the steps, each after the one before. */
export async function runSteps(steps: readonly Step[]): Promise<void> {
  for (const [index, { title, run }] of steps.entries()) {
    say(`[${index + 1}/${steps.length}] ${title}`);
    await run();
  }
}

/** Tells the steps. */
export function tellSteps(steps: readonly Step[]): void {
  for (const [index, { title, commands }] of steps.entries()) {
    print(`[${index + 1}/${steps.length}] ${title}`);
    for (const command of commands) {
      print(`      ${commandText(command)}`);
    }
  }
}
