/** The environment variables that the command reads. */
import { join } from "node:path";
import { type LakeSettings, readLakeSettings } from "@lakehouse/lake/lake-settings";
import { type PersonalKeySettings, readPersonalKeySettings } from "@lakehouse/lake/personal-key";
import type { Variables } from "@lakehouse/lake/settings";

/** The settings of the command, apart from its options. */
export interface Runtime {
  readonly lake: LakeSettings;
  /** Where the key for hashes of personal data is. */
  readonly personalKey: PersonalKeySettings;
  /** Where relative paths on the command line start. */
  readonly folder: string;
  /** The folder with the built page, which `ui` and `report` need. */
  readonly page: string;
}

/** @throws ConfigurationError that names the invalid variable. */
export function readRuntime(variables: Variables = process.env): Runtime {
  return {
    lake: readLakeSettings(variables),
    personalKey: readPersonalKeySettings(variables),
    // npm and pnpm run a script in the folder of the nearest package.json, and set INIT_CWD to where they were called.
    folder: variables["INIT_CWD"] || process.cwd(),
    // The sources and the bundle are equally deep.
    page: variables["LAKEHOUSE_PAGE"] || join(import.meta.dirname, "../../page/dist"),
  };
}

/** Whether to print stack traces of errors. */
export function isDebugging(variables: Variables = process.env): boolean {
  return variables["DEBUG"] === "lakehouse";
}

/** The environment of another process of this program, whose temporary files are in this folder. */
export function withTemporaryFolder(
  folder: string,
  variables: Variables = process.env,
): Record<string, string | undefined> {
  return { ...variables, TMPDIR: folder, TEMP: folder, TMP: folder };
}
