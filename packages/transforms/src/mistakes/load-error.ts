/** Explains why a user's module could not be loaded: a name that does not exist. */
import { columnFunctions } from "../contract/column.ts";
import { ContractError } from "../errors.ts";
import { didYouMean } from "./nearest.ts";
import { placeOfError } from "./place.ts";

/** What contracts and models call. */
const functions = [
  ...Object.keys(columnFunctions),
  ..."defineTable defineModel expectation day month year full incremental".split(" "),
  ..."unique notNull acceptedValues acceptedRange relationship returnsNoRow".split(" "),
];

/**
 * What an error that a contract or model threw says about it.
 *
 * @returns The error itself unless JavaScript threw it.
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
    called === undefined
      ? "Fix the line."
      : `${didYouMean(called, functions)} Import what it uses.`;
  return new ContractError(place, error.message, hint, undefined, { cause: error });
}
