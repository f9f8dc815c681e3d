/** The variables that the benchmarks pass on to the processes they start. */

/** All variables of this process, and these in their place. */
export function withVariables(variables: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  return { ...process.env, ...variables };
}
