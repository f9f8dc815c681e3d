/** The public API: every export of the published modules has TSDoc, and docs/api has its page. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect, test } from "vitest";
import { publicModules } from "../../scripts/release/public-modules.mjs";
import { packageFolders } from "../../scripts/test-results.mjs";

const root = join(import.meta.dirname, "../..");

/** The file of each module that a package of the workspace exports. */
const files = new Map(
  packageFolders(root).flatMap((folder) => {
    const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
      readonly name: string;
      readonly exports?: Readonly<Record<string, string>>;
    };
    return Object.entries(manifest.exports ?? {}).map(([entry, file]): [string, string] => [
      `${manifest.name}${entry.slice(1)}`,
      join(folder, file),
    ]);
  }),
);

interface Exported {
  readonly name: string;
  readonly file: string;
  readonly isDocumented: boolean;
}

/** The exports of a file; those that it takes from another file are found there. */
function exportsOf(file: string): readonly Exported[] {
  const text = readFileSync(file, "utf8");
  const own = [
    ...text.matchAll(
      /^export (?:abstract )?(?:async )?(?:const|function\*?|class|interface|type) (\w+)/gm,
    ),
  ].map(({ 1: name = "", index }) => ({
    name,
    file: relative(root, file),
    isDocumented: /\*\/\s*$/.test(text.slice(0, index)),
  }));
  const taken = [...text.matchAll(/^export (?:type )?\{([^}]*)\} from "([^"]+)";/gm)].flatMap(
    ([, list = "", specifier = ""]) => {
      const from = files.get(specifier) ?? join(dirname(file), specifier);
      const names = list.split(",").map((each) => each.replace("type ", "").trim());
      const there = exportsOf(from);
      return names
        .filter((name) => name !== "")
        .map((name) => {
          const found = there.find((each) => each.name === name);
          return found ?? { name, file: relative(root, from), isDocumented: false };
        });
    },
  );
  // Of overloads, the first has the documentation.
  return [...own, ...taken].filter(
    (each, index, all) => all.findIndex(({ name }) => name === each.name) === index,
  );
}

test.each(publicModules())("every export of %s has TSDoc, and a page", (entry, file) => {
  const exported = exportsOf(join(root, file));
  expect(exported.length).toBeGreaterThan(0);
  const undocumented = exported.filter(({ isDocumented }) => !isDocumented);
  expect(undocumented.map(({ name, file: place }) => `${name} (${place})`)).toEqual([]);
  const page = join(root, "docs/api", `${entry}.md`);
  expect(existsSync(page), "run npm run api").toBe(true);
  const text = readFileSync(page, "utf8");
  const missing = exported.filter(({ name }) => !new RegExp(`^### ${name}\\b`, "m").test(text));
  expect(
    missing.map(({ name }) => name),
    "run npm run api",
  ).toEqual([]);
});
