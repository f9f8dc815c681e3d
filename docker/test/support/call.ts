/** Calls a handler in a process of Node's, without the Runtime API. */

const program = `
  const { handler } = await import("./handler.mjs");
  const context = { getRemainingTimeInMillis: () => 900_000 };
  const answer = await handler(JSON.parse(process.argv[1]), context);
  console.log("\\n" + JSON.stringify(answer));`;

/** @returns Node's arguments; it is to run in the handler's folder. */
export function callArguments(event: unknown): readonly string[] {
  return ["--input-type=module", "--eval", program, JSON.stringify(event)];
}

/** @param output All that the process wrote to stdout. @returns What the handler answered. */
export function answerIn(output: string): unknown {
  return JSON.parse(output.trim().split("\n").at(-1) ?? "");
}
