/** Collects the files that a command passes over, and prints each once. */
import type { InvalidKeyError } from "@lakehouse/lake/errors";
import { warningText } from "@lakehouse/terminal/failure-text";
import type { Screen } from "@lakehouse/terminal/screen";
import { onThisLake } from "../command-line.ts";

const maximumPrinted = 50;

/** The files that a command passed over. */
export class Strays {
  readonly #byKey = new Map<string, InvalidKeyError>();

  /** Adds a file. */
  readonly passOver = (stray: InvalidKeyError): void => {
    this.#byKey.set(stray.key, stray);
  };

  /** The warnings; an empty string if there are none. */
  text(screen: Screen, commandLine: string): string {
    const warnings = [...this.#byKey.values()]
      .slice(0, maximumPrinted)
      .map(({ key, problem, hint = "" }) => {
        const message = `${JSON.stringify(key)} was passed over: ${problem}. ${hint}`;
        return warningText({ message, hint }, screen);
      });
    const left = this.#byKey.size - warnings.length;
    if (left > 0) {
      const message = `${left} more files were passed over. Run lakehouse audit, which names all of them.`;
      warnings.push(warningText({ message: onThisLake(message, commandLine) }, screen));
    }
    return warnings.join("");
  }
}
