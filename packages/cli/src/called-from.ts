/** Where relative paths on the command line start. */

/**
 * The user's current folder. npm and pnpm run a script in the folder of the nearest package.json, and set INIT_CWD to
 * the folder where the user called them.
 */
export function calledFrom(environment: NodeJS.ProcessEnv): string {
  const folder = environment["INIT_CWD"];
  return folder === undefined || folder === "" ? process.cwd() : folder;
}
