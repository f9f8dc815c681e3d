/** What the browser tests read of the process that they run in. */

/** Whether a missing browser is a failure. */
export function isContinuousIntegration(): boolean {
  return process.env["CI"] === "true";
}

/** The folders that programs are looked for in. */
export function programFolders(): readonly string[] {
  return (process.env["PATH"] ?? "").split(process.platform === "win32" ? ";" : ":");
}

/** Whether this user may install programs. */
export function isRoot(): boolean {
  return process.getuid?.() === 0;
}
