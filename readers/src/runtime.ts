/** The environment variables that the readers' tests read. */
import { homedir } from "node:os";
import { join } from "node:path";

/** Where readers are installed, outside the clone, so that every clone finds them again. */
export function cacheFolder(): string {
  const { LAKEHOUSE_READERS, XDG_CACHE_HOME } = process.env;
  return (
    LAKEHOUSE_READERS || join(XDG_CACHE_HOME || join(homedir(), ".cache"), "lakehouse-readers")
  );
}

/** Whether a missing program is a failure. */
export function isContinuousIntegration(): boolean {
  return process.env["CI"] === "true";
}

/** The folders that variables such as `JAVA_HOME` and `JAVA_HOME_25_X64` name. */
export function javaHomes(): readonly string[] {
  return Object.entries(process.env).flatMap(([name, folder]) =>
    name.startsWith("JAVA_HOME") && folder !== undefined ? [folder] : [],
  );
}
