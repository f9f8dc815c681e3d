/** Serves the page, and says where it is. */
import type { Context } from "../../context.ts";
import { openBrowser } from "./open-browser.ts";
import { serve } from "./serve.ts";

/** How to show it. */
export interface ShownPageOptions {
  /** 0 for any free one. */
  readonly port: number;
  /** Whether to open it in the browser. */
  readonly open: boolean;
}

/** @returns What to print, until the signal is aborted. */
export async function* shownPage(
  context: Context,
  { port, open }: ShownPageOptions,
): AsyncGenerator<string> {
  for await (const address of serve(context, { port, ...(open && { show: openBrowser }) })) {
    yield `The lake is at ${address}Ctrl-C ends it.\n`;
  }
}
