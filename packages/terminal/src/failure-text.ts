/** What stderr says of an error: one prefix for all of them, and the hint on a line of its own. */
import type { Screen } from "./screen.ts";

/** What is said. */
export interface FailureText {
  /** The whole of it; it ends with the hint. */
  readonly message: string;
  readonly hint?: string | undefined;
}

/** `error: …`, then `hint: …`, ending with a newline. */
export function failureText({ message, hint }: FailureText, screen: Screen): string {
  const prefix = errorPrefix(screen);
  return hint !== undefined && message.endsWith(hint)
    ? `${prefix} ${message.slice(0, -hint.length).trimEnd()}\nhint: ${hint}\n`
    : `${prefix} ${message}\n`;
}

/** What every error begins with; the parser of the command line says the same. */
export function errorPrefix(screen: Screen): string {
  return screen.paint("problem", "error:");
}
