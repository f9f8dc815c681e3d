/** Removes everything but code and licences from a folder that pnpm deployed, and fixes modes and times. Same input, same bytes. */
import { chmodSync, readdirSync, rmdirSync, rmSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { readSourceDateEpoch } from "./runtime.ts";

/** Excludes types, sources, documents and pnpm's state. */
const shipped = /^(?!\.).*\.(?:[cm]?js|css|json|node|so)$|^LICEN[CS]E/;

function tidy(folder: string, sourceDateEpoch: number): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      tidy(path, sourceDateEpoch);
    } else if (entry.isFile() && shipped.test(entry.name)) {
      chmodSync(path, 0o644);
      utimesSync(path, sourceDateEpoch, sourceDateEpoch);
    } else {
      rmSync(path);
    }
  }
  if (readdirSync(folder).length === 0) {
    rmdirSync(folder);
    return;
  }
  chmodSync(folder, 0o755);
  utimesSync(folder, sourceDateEpoch, sourceDateEpoch);
}

const [folder] = process.argv.slice(2);
if (folder === undefined) {
  throw new Error("Usage: SOURCE_DATE_EPOCH=SECONDS node tidy.ts FOLDER");
}
tidy(folder, readSourceDateEpoch());
