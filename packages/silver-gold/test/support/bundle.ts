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
  const script = `
    const { handler } = await import(${JSON.stringify(bundle)});
    const result = await handler(${JSON.stringify(event)}).then((answer) => ({ answer }), (failure) => ({ failure }));
    console.log("\\n" + JSON.stringify(result));`;
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
  const lines = stdout.trim().split("\n");
  return { ...JSON.parse(lines.at(-1) ?? ""), logs: [...lines.slice(0, -1), stderr].join("\n") };
}
