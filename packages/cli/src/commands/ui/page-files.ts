/** The files of the built page. */
import { readdir, readFile } from "node:fs/promises";
import { extname, join, relative, sep } from "node:path";
import { UsageError } from "../../errors.ts";

const types: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".ico": "image/x-icon",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
};

/** A file of the page. */
export interface PageFile {
  readonly type: string;
  readonly read: () => Promise<Buffer>;
}

/** Finds the page's files, by their path below its address. Only these are served. @throws UsageError if it is not built. */
export async function findPageFiles(
  folder: string | undefined,
): Promise<ReadonlyMap<string, PageFile>> {
  const live = join(folder ?? "", "live");
  const entries = await readdir(live, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = new Map<string, PageFile>();
  for (const entry of entries) {
    const type = types[extname(entry.name)];
    if (entry.isFile() && type !== undefined) {
      const path = join(entry.parentPath, entry.name);
      const name = relative(live, path).replaceAll(sep, "/");
      files.set(name, { type, read: async () => await readFile(path) });
    }
  }
  if (folder === undefined || !files.has("index.html")) {
    throw pageNotBuilt(folder);
  }
  return files;
}

/** The error for a page that no build has made. */
export function pageNotBuilt(folder: string | undefined): UsageError {
  return new UsageError(
    `The page is not built: ${folder ?? "its folder"} does not hold it`,
    "Run the command as npm run -s lakehouse -- ui, which builds it first.",
  );
}
