/** Checks what a user passes to a function of a contract. The type checker does so too, but nothing makes a user run it. */
import { didYouMean } from "./nearest.ts";

/** What is wrong with a call, and what to write instead. */
export interface Mistake {
  readonly problem: string;
  readonly hint: string;
}

/** The first mistake in an object of options. */
export function optionsMistake(
  call: string,
  options: unknown,
  known: readonly string[],
): Mistake | undefined {
  if (!isRecord(options)) {
    return {
      problem: `${call} takes an object, not ${shown(options)}`,
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

/** The mistake in a value that has to be one of these. */
export function choiceMistake(
  what: string,
  value: unknown,
  choices: readonly string[],
): Mistake | undefined {
  return choices.some((choice) => choice === value)
    ? undefined
    : { problem: `${what} cannot be ${shown(value)}`, hint: didYouMean(String(value), choices) };
}

/** The mistake in a value that has to be text. */
export function textMistake(what: string, value: unknown): Mistake | undefined {
  return typeof value === "string"
    ? undefined
    : { problem: `${what} is ${shown(value)}`, hint: "Write a string." };
}

/** The mistake in a value that has to be a literal: text, a number or a boolean. */
export function literalMistake(what: string, value: unknown): Mistake | undefined {
  return ["string", "number", "bigint", "boolean"].includes(typeof value)
    ? undefined
    : { problem: `${what} is ${shown(value)}`, hint: "Write a string, a number or a boolean." };
}

/** The mistake in arguments of a function that takes no more. */
export function extraMistake(call: string, extra: readonly unknown[]): Mistake | undefined {
  return extra.length === 0
    ? undefined
    : { problem: `${call} does not take ${shown(extra[0])}`, hint: "Leave it out." };
}

/** Whether it is an object whose keys are options. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A value in a message. */
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
