/** Formats an error for stderr, with the common prefix and the hint on its own line. */
import type { Screen } from "./screen.ts";

/** An error to print. */
export interface FailureText {
  /** The whole message, which ends with the hint. */
  readonly message: string;
  readonly hint?: string | undefined;
}

/** `error: …`, then `hint: …`, ending with a newline. */
export function failureText({ message, hint }: FailureText, screen: Screen): string {
  return prefixed(errorPrefix(screen), { message, hint });
}

/** `warning: …`, then `hint: …`, ending with a newline. */
export function warningText(warning: FailureText, screen: Screen): string {
  return prefixed(screen.paint("warning", "warning:"), warning);
}

function prefixed(prefix: string, { message, hint }: FailureText): string {
  return hint !== undefined && message.endsWith(hint)
    ? `${prefix} ${message.slice(0, -hint.length).trimEnd()}\nhint: ${hint}\n`
    : `${prefix} ${message}\n`;
}

/** The prefix of every error, including those of the command-line parser. */
export function errorPrefix(screen: Screen): string {
  return screen.paint("problem", "error:");
}
