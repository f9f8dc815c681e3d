/** Calls the deployed bundle of the handler in its own process. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";

const bundle = new URL("../../dist-testing/handler.mjs", import.meta.url).href;

/** The result of an event. */
export interface CallResult {
  readonly answer?: Record<string, unknown>;
  readonly failure?: { readonly code: string };
  /** Everything that was printed to stdout and stderr. */
  readonly logs: string;
}

/** Separates what is printed for one event from the next one's. */
const separator = "--- end of event ---";

/**
 * Calls the bundled handler, as Lambda does.
 *
 * @param lake A directory.
 * @param environment More variables.
 */
export async function call(
  lake: string,
  event: unknown,
  environment: Readonly<Record<string, string>> = {},
): Promise<CallResult> {
  const [result] = await callAll(lake, [event], environment);
  return result as CallResult;
}

/** Calls it with one event after the other in one process, as Lambda does with a warm function. */
export async function callAll(
  lake: string,
  events: readonly unknown[],
  environment: Readonly<Record<string, string>> = {},
): Promise<CallResult[]> {
  const script = `
    const { handler } = await import(${JSON.stringify(bundle)});
    for (const event of ${JSON.stringify(events)}) {
      const result = await handler(event).then((answer) => ({ answer }), (failure) => ({ failure }));
      console.log("\\n" + JSON.stringify(result) + "\\n${separator}");
      console.error("${separator}");
    }`;
  const env = {
    ...process.env,
    LAKEHOUSE_LAKE: lake,
    POWERTOOLS_DEV: "false",
    ...environment,
  };
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    ["--input-type=module", "-e", script],
    { env },
  );
  const errors = stderr.split(`${separator}\n`);
  return stdout
    .split(`${separator}\n`)
    .slice(0, -1)
    .map((printed, index) => {
      const lines = printed.trim().split("\n");
      const logs = [...lines.slice(0, -1), errors[index] ?? ""].join("\n");
      return { ...JSON.parse(lines.at(-1) ?? ""), logs };
    });
}
