/** Checks the arguments of a contract's functions. The type checker does so too, but users may not run it. */
import { didYouMean } from "./nearest.ts";

/** What is wrong with a call, and what to write instead. */
export interface Mistake {
  readonly problem: string;
  readonly hint: string;
}

/** Returns the first mistake in an object of options. */
export function optionsMistake(
  call: string,
  options: unknown,
  known: readonly string[],
): Mistake | undefined {
  if (!isRecord(options)) {
    return {
      problem: `${call} takes an object, ${options === undefined ? "and there is none" : `not ${shown(options)}`}`,
      hint: `Write { ${known.map((name) => `${name}: …`).join(", ")} }.`,
    };
  }
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  return unknown === undefined
    ? undefined
    : {
        problem: `${call} has no option ${JSON.stringify(unknown)}`,
        hint: didYouMean(unknown, known),
      };
}

/** Returns the mistake in a value that must be one of these. */
export function choiceMistake(
  what: string,
  value: unknown,
  choices: readonly string[],
): Mistake | undefined {
  return choices.some((choice) => choice === value)
    ? undefined
    : { problem: `${what} can't be ${shown(value)}`, hint: didYouMean(String(value), choices) };
}

/** Returns the mistake in a value that must be a string. */
export function textMistake(what: string, value: unknown): Mistake | undefined {
  return typeof value === "string"
    ? undefined
    : { problem: `${what} is ${shown(value)}`, hint: "Write a string." };
}

/** Returns the mistake in a value that must be a literal: a string, a number or a boolean. */
export function literalMistake(what: string, value: unknown): Mistake | undefined {
  return ["string", "number", "bigint", "boolean"].includes(typeof value)
    ? undefined
    : { problem: `${what} is ${shown(value)}`, hint: "Write a string, a number or a boolean." };
}

/** Returns the mistake in superfluous arguments. */
export function extraMistake(call: string, extra: readonly unknown[]): Mistake | undefined {
  return extra.length === 0
    ? undefined
    : { problem: `${call} does not take ${shown(extra[0])}`, hint: "Remove it." };
}

/** Whether a value is an object with options as keys. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Shows a value in a message. */
export function shown(value: unknown): string {
  if (value === undefined) {
    return "missing";
  }
  if (typeof value === "function") {
    return `the function ${value.name}`;
  }
  if (Array.isArray(value)) {
    return "a list";
  }
  return isRecord(value)
    ? "an object"
    : typeof value === "string"
      ? JSON.stringify(value)
      : String(value);
}
