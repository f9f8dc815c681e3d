/** A page that is not built: the files that the server and the report read, with as little in them as possible. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** @returns The folder. */
export function stubPage(folder: string): string {
  const page = join(folder, "page");
  for (const [path, content] of Object.entries({
    "live/index.html": "<!doctype html><title>Lakehouse</title>",
    "live/assets/main.js": "export {};",
    "report/page.js": 'const end = "</script>"; document.title = end;',
    "report/page.css": "body { margin: 0 }",
  })) {
    mkdirSync(join(page, path, ".."), { recursive: true });
    writeFileSync(join(page, path), content);
  }
  return page;
}
