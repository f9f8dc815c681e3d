// What the programs of this framework need before they run. It imports nothing: toolchain.mjs runs before any is installed.

/** The programs that deploy. */
export const deployVerbs = ["bootstrap", "deploy", "plan", "destroy"];

/**
 * Whether a command line of `lakehouse` is `check`, and nothing that only the whole command knows.
 *
 * @param {readonly string[]} words
 */
export function isCheck(words) {
  const others = words.filter((word) => word !== "--json");
  return others.length === 1 && others[0] === "check";
}

/**
 * Whether a program that deploys checks the tables first. Its bundle refuses contracts with mistakes, but not SQL.
 *
 * @param {string} verb @param {readonly string[]} rest
 */
export function checksTables(verb, rest) {
  return ["deploy", "plan"].includes(verb) && !rest.includes("--help");
}

/**
 * Whether it shows what `lakehouse plan` finds. Nothing may delay a pause.
 *
 * @param {string} verb @param {readonly string[]} rest
 */
export function comparesLake(verb, rest) {
  const others = ["--dry-run", "--pause", "--resume", "--image-digest"];
  return checksTables(verb, rest) && !others.some((option) => rest.includes(option));
}
