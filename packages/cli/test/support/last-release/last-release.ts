/** The lake of the last release: make-lake.ts makes it with that release's command. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { gunzipSync } from "node:zlib";

/** A lake, and what the command that made it answers. */
export interface LastRelease {
  readonly version: string;
  /** The contents of each file in base64, by its path in the lake. */
  readonly files: Readonly<Record<string, string>>;
  /** A query of all relations, and its rows. */
  readonly sql: string;
  readonly rows: readonly [Readonly<Record<string, unknown>>];
}

/** Writes the lake to a folder. */
export function unpackLastRelease(folder: string): LastRelease {
  const text = gunzipSync(readFileSync(join(import.meta.dirname, "lake.json.gz"))).toString();
  const release = JSON.parse(text) as LastRelease;
  for (const [path, content] of Object.entries(release.files)) {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, Buffer.from(content, "base64"));
  }
  return release;
}
