/** Explains why a user's module could not be loaded, if it uses a name that does not exist. */
import { columnFunctions } from "../contract/column.ts";
import { ContractError } from "../errors.ts";
import { nearest } from "./nearest.ts";
import { placeOfError } from "./place.ts";

/** The functions for contracts and models. */
const functions = [
  ...Object.keys(columnFunctions),
  ..."defineTable defineModel expectation day month year full incremental".split(" "),
  ..."unique notNull acceptedValues acceptedRange rowCount relationship returnsNoRow".split(" "),
];

/**
 * Turns an error of JavaScript in a contract or model into a ContractError.
 *
 * @returns Any other error unchanged.
 */
export function loadError(error: unknown): unknown {
  const isLanguage = error instanceof ReferenceError || error instanceof TypeError;
  const place = isLanguage ? placeOfError(error) : undefined;
  if (!isLanguage || place === undefined || !/\.(ts|js|mjs)(:\d+)?$/.test(place)) {
    return error;
  }
  const [, name] = /^(\S+) is not (?:defined|a function)/.exec(error.message) ?? [];
  const called = name?.split(".").at(-1);
  const hint =
    called === undefined ? "Fix the line." : `${meant(called)} Import what it uses.`.trimStart();
  return new ContractError(place, error.message, hint, undefined, { cause: error });
}

function meant(name: string): string {
  if (functions.includes(name)) {
    return "";
  }
  const found = nearest(name, functions);
  return found === undefined ? "Correct the name." : `Did you mean ${found}?`;
}
