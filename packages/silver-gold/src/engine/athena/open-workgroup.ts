/** Opens the workgroup of Athena that a lake's settings name. */
import { athenaResultsPrefix } from "@lakehouse/lake/keys";
import type { LakeSettings } from "@lakehouse/lake/lake-settings";
import type { ObjectStore } from "@lakehouse/lake/object-store";
import type { AthenaOptions } from "../../models/athena/athena-run.ts";

/** @returns Undefined if DuckDB builds all models. Only a lake whose models Athena builds loads its client. */
export async function openWorkgroup(
  gold: ObjectStore,
  settings: LakeSettings,
): Promise<AthenaOptions | undefined> {
  const { athenaWorkgroup, athenaModelMinutes, glueDatabase } = settings;
  const results = gold.uri?.(athenaResultsPrefix);
  if (athenaWorkgroup === undefined || glueDatabase === undefined || !results?.startsWith("s3:")) {
    return undefined;
  }
  const { AthenaWorkgroup } = await import("./workgroup.ts");
  const service = new AthenaWorkgroup(athenaWorkgroup, glueDatabase, results, settings);
  return { service, database: glueDatabase, mostMinutes: athenaModelMinutes };
}
