/** Where relative paths on the command line start. */

/**
 * The folder that the user is in. npm and pnpm run a script in the folder of the nearest package.json, and set
 * INIT_CWD to the folder where they were called.
 */
export function calledFrom(environment: NodeJS.ProcessEnv): string {
  const folder = environment["INIT_CWD"];
  return folder === undefined || folder === "" ? process.cwd() : folder;
}
