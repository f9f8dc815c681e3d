/** Where relative paths on the command line begin. */

/**
 * The folder that the user is in: npm and pnpm run a script in the root of the workspace, and tell in INIT_CWD
 * where they were called.
 */
export function calledFrom(environment: NodeJS.ProcessEnv): string {
  const folder = environment["INIT_CWD"];
  return folder === undefined || folder === "" ? process.cwd() : folder;
}
