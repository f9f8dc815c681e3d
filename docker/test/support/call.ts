/** Calls a handler in a Node process, without the Runtime API. */

const program = `
  const { handler } = await import("./handler.mjs");
  const context = { getRemainingTimeInMillis: () => 900_000 };
  const answer = await handler(JSON.parse(process.argv[1]), context);
  console.log("\\n" + JSON.stringify(answer));`;

/** @returns The arguments for Node, which must run in the handler's folder. */
export function callArguments(event: unknown): readonly string[] {
  return ["--input-type=module", "--eval", program, JSON.stringify(event)];
}

/** @param output Everything that the process wrote to stdout. @returns The handler's response. */
export function answerIn(output: string): unknown {
  return JSON.parse(output.trim().split("\n").at(-1) ?? "");
}
