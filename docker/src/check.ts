/** Checks an image while it is built: the handler and all native code must load. */
import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

/**
 * Loads the handler and its packages.
 *
 * @param folder The function's files, as in /var/task.
 * @throws Error if something doesn't load, or if native code is never loaded.
 */
async function check(folder: string): Promise<void> {
  const requireFromTask = createRequire(resolve(folder, "handler.mjs"));
  const { dependencies } = requireFromTask("./package.json") as { dependencies: object };
  for (const name of Object.keys(dependencies)) {
    await attempt(name, async () => requireFromTask(name));
  }
  const file = pathToFileURL(resolve(folder, "handler.mjs")).href;
  const { handler } = await attempt("handler.mjs", () => import(file));
  if (typeof handler !== "function") {
    throw new Error("handler.mjs exports no function named handler.");
  }
  const { sharedObjects } = process.report.getReport() as { sharedObjects: string[] };
  const native = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => /\.(?:node|so)$/.test(path))
    .map((path) => resolve(folder, path));
  const idle = native.filter((path) => !sharedObjects.includes(path));
  if (native.length === 0 || idle.length > 0) {
    throw new Error(
      `The image must contain native code, and load all of it. Not loaded: ${idle.join(", ")}`,
    );
  }
  process.stdout.write(`The handler loads, and so does its native code:\n${native.join("\n")}\n`);
}

async function attempt<Result>(name: string, load: () => Promise<Result>): Promise<Result> {
  try {
    return await load();
  } catch (cause) {
    throw new Error(`${name} does not load on ${process.platform}/${process.arch}.`, { cause });
  }
}

await check(process.argv[2] ?? ".");
