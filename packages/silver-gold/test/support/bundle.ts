/** The handler as it is deployed: its bundle, in a process of its own. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";

const bundle = new URL("../../dist-testing/handler.mjs", import.meta.url).href;

/** What came of an event. */
export interface Called {
  readonly answer?: Record<string, unknown>;
  readonly failure?: { readonly code: string };
  /** All that was printed, to stdout and stderr. */
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
): Promise<Called> {
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
