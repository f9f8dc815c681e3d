// Writes the pages of the public API to docs/api, from its TSDoc: npm run api. Needs the npm registry the first time.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse } from "yaml";
import { publicModules } from "./public-modules.mjs";

const root = join(import.meta.dirname, "../..");
const folder = join(root, ".toolchain/typedoc");
const modules = join(folder, "node_modules");

/** Installs typedoc apart: it needs another TypeScript than this repository. */
function install() {
  const { catalogs } = parse(readFileSync(join(root, "pnpm-workspace.yaml"), "utf8"));
  const manifest = JSON.stringify({ private: true, dependencies: catalogs.api });
  const file = join(folder, "package.json");
  mkdirSync(folder, { recursive: true });
  if (!existsSync(modules) || !existsSync(file) || readFileSync(file, "utf8") !== manifest) {
    writeFileSync(file, manifest);
    execFileSync("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error"], {
      cwd: folder,
      stdio: "inherit",
      shell: process.platform === "win32",
    });
  }
}

/** Writes a module for each entry, because typedoc names pages after files. @returns {string[]} their paths */
function entryPoints() {
  rmSync(join(folder, "entries"), { recursive: true, force: true });
  return publicModules().map(([entry, source]) => {
    const file = join(folder, "entries", `${entry}.ts`);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `export * from ${JSON.stringify(join(root, source))};\n`);
    return file;
  });
}

install();
const entries = entryPoints();
const tsconfig = join(folder, "tsconfig.json");
writeFileSync(
  tsconfig,
  JSON.stringify({
    extends: join(root, "tsconfig.base.json"),
    compilerOptions: { typeRoots: [join(root, "node_modules/@types")] },
    include: ["entries", join(root, "types")],
  }),
);
const options = {
  tsconfig,
  plugin: [join(modules, "typedoc-plugin-markdown/dist/index.js")],
  entryPoints: entries,
  basePath: join(folder, "entries"),
  out: join(root, "docs/api"),
  name: "Public API",
  readme: "none",
  outputFileStrategy: "modules",
  excludePrivate: true,
  excludeInternal: true,
  disableSources: true,
  hidePageHeader: true,
  hideBreadcrumbs: true,
  validation: { notExported: false },
  logLevel: "Warn",
};
writeFileSync(join(folder, "typedoc.json"), JSON.stringify(options));
const program = join(modules, "typedoc/bin/typedoc");
execFileSync(process.execPath, [program, "--options", join(folder, "typedoc.json")], {
  cwd: folder,
  stdio: "inherit",
});
