/** The rules of the workspace itself: which package may import which, and how versions are pinned. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { packageFolders } from "../../scripts/test-results.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** What only tests and benchmarks may import. */
const tests = ["testing", "fixtures"];
const lambdas = ["bronze-silver", "silver-gold"];
/** The package that is published, with the public API, and its folder. */
const published = { name: "serverless-lakehouse", folder: "framework" };
const packages = [
  "transforms",
  published.folder,
  "formats",
  "open-tables",
  "lake",
  "producer",
  "tables",
  ...lambdas,
  "terminal",
  "page",
  "cli",
];

/** Which of our packages each may import. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  testing: [],
  transforms: ["testing"],
  formats: ["transforms", "testing"],
  "open-tables": ["transforms", "testing"],
  lake: ["transforms", "formats", "testing"],
  producer: ["transforms", "lake", "testing"],
  framework: ["transforms"],
  tables: ["transforms", "framework", "testing"],
  fixtures: ["transforms", "tables"],
  "bronze-silver": ["transforms", "formats", "lake", "tables", ...tests],
  "silver-gold": ["transforms", "formats", "open-tables", "lake", "tables", "page", ...tests],
  terminal: ["testing"],
  page: ["testing"],
  cli: [
    "transforms",
    "framework",
    "formats",
    "open-tables",
    "lake",
    "tables",
    "terminal",
    "page",
    ...lambdas,
    ...tests,
  ],
  infra: ["transforms", "formats", "lake", "tables", "terminal", ...tests],
  docker: ["lake", "bronze-silver", "silver-gold", ...tests],
  e2e: [...packages, "infra", "docker", ...tests],
  readers: [...packages, "infra", ...tests],
  browser: ["page", "cli", ...tests],
  bench: [...packages, ...tests],
};

interface Manifest {
  readonly name: string;
  readonly type?: string;
  readonly exports?: Readonly<Record<string, string>>;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

function manifestOf(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
}

/** The contents of all sources of other packages, and of the documents, which show users what to import. */
function contentsOutside(folder: string): string[] {
  const documents = readdirSync(join(root, "docs")).map((name) => join(root, "docs", name));
  const sources = [root, ...folders]
    .filter((each) => each !== folder)
    .flatMap((each) => sourcesOf(each));
  return [...sources, ...documents.filter((file) => file.endsWith(".md"))].map((file) =>
    readFileSync(file, "utf8"),
  );
}

function sourcesOf(folder: string, parts = ["src", "test", "testing", "tables"]): string[] {
  return parts
    .map((name) => join(folder, name))
    .filter((path) => existsSync(path))
    .flatMap((path) => readdirSync(path, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && /\.[cm]?[jt]sx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Every module that the source imports or re-exports, types included. */
function importsOf(source: string): string[] {
  const specifier = /(?:\bfrom|\bimport|\bimport\s*\(|\brequire\s*\()\s*["']([^"'\n]+)["']/g;
  return [...source.matchAll(specifier)].flatMap(([, name]) => (name === undefined ? [] : [name]));
}

const folders = packageFolders(root);

describe.each(folders.map((folder) => [relative(root, folder).replaceAll("\\", "/"), folder]))(
  "%s",
  (path, folder) => {
    const name = path.replace(/^packages\//, "");

    test("imports only those of our packages that it may", () => {
      const allowed = mayImport[name];
      expect(allowed, "add the new package's rule to mayImport").toBeDefined();
      const { dependencies = {}, devDependencies = {} } = manifestOf(folder);
      const declared = Object.keys({ ...dependencies, ...devDependencies });
      const imported = sourcesOf(folder).flatMap((file) => importsOf(readFileSync(file, "utf8")));
      const ours = new Set([...declared, ...imported].flatMap((each) => packageNamed(each)));
      ours.delete(name);
      expect([...ours].filter((each) => allowed?.includes(each) !== true)).toEqual([]);
    });

    test("imports no file of another package by its path", () => {
      const strays = sourcesOf(folder).flatMap((file) =>
        importsOf(readFileSync(file, "utf8"))
          .filter((each) => each.startsWith("."))
          .filter((each) => relative(folder, resolve(dirname(file), each)).startsWith(".."))
          .map((each) => `${relative(root, file)} imports ${each}`),
      );
      expect(strays).toEqual([]);
    });

    test("exports only named modules that other packages import", () => {
      const entries = Object.entries(manifestOf(folder).exports ?? { "./*": "missing" });
      expect(entries.filter((entry) => entry.join().includes("*"))).toEqual([]);
      expect(entries.filter(([, file]) => !existsSync(join(folder, file)))).toEqual([]);
      const outside = contentsOutside(folder).join("\n");
      const unused = entries
        .map(([entry]) => `${nameOf(name)}${entry.slice(1)}`)
        .filter((module) => !outside.includes(`"${module}"`));
      expect(unused).toEqual([]);
    });

    test("has testing modules that only tests import", () => {
      const modules = Object.keys(manifestOf(folder).exports ?? {})
        .filter((entry) => entry.startsWith("./testing/"))
        .map((entry) => `"@lakehouse/${name}${entry.slice(1)}"`);
      const programs = folders
        .filter((each) => !["e2e", "readers", "browser"].includes(basename(each)))
        .flatMap((each) => sourcesOf(each, ["src"]))
        .filter((file) => modules.some((module) => readFileSync(file, "utf8").includes(module)));
      expect(programs).toEqual([]);
    });

    test("is an ES module named after its folder, and takes its versions from the catalog", () => {
      const manifest = manifestOf(folder);
      expect(manifest.name).toBe(nameOf(name));
      expect(manifest.type).toBe("module");
      expect(versionsOutsideCatalog(manifest)).toEqual([]);
    });

    test("has a task for each tier that it has tests of", () => {
      const tiers = ["unit", "infrastructure", "images", "readers", "browser", "e2e"].filter(
        (tier) => existsSync(join(folder, "test", tier)),
      );
      const scripts = Object.keys(manifestOf(folder).scripts ?? {});
      expect(scripts.filter((each) => each.startsWith("tier:")).sort()).toEqual(
        tiers.map((tier) => `tier:${tier}`).sort(),
      );
    });

    test("has the lakehouse command, so that npm finds it in every folder", () => {
      const toolchain = relative(folder, join(root, "scripts/toolchain.mjs")).replaceAll("\\", "/");
      expect(manifestOf(folder).scripts?.["lakehouse"]).toBe(`node ${toolchain} lakehouse`);
    });
  },
);

/** What unit tests read outside of their package, and of the packages that it depends on. */
const readOutside: Readonly<Record<string, readonly string[]>> = {
  "infra/test/unit/native-code.test.ts": [],
  "infra/test/unit/policy.test.ts": [".github/workflows/**", "docs/operations.md"],
  "packages/cli/test/unit/change-data.test.ts": ["docs/change-data.md"],
  "packages/cli/test/unit/check.test.ts": [],
  "packages/cli/test/unit/deliver.test.ts": ["docs/deliver.md"],
  "packages/cli/test/unit/first-hour.test.ts": ["docs/first-hour.md"],
  "packages/cli/test/unit/model-tests.test.ts": [],
  "packages/formats/test/unit/formats.test.ts": ["ARCHITECTURE.md", "docs/query.md"],
  "packages/transforms/test/unit/documented-types.test.ts": [
    "docs/add-a-table.md",
    "docs/data-promises.md",
  ],
};

describe("Turborepo repeats unit tests when something changes that they read", () => {
  /** Whether the file has a path that leads out of the folder, as a string or as arguments of join. */
  function leadsOut(folder: string, file: string): boolean {
    const steps = relative(folder, file).split(sep).length;
    const outside = new RegExp(`(?:\\.\\./){${steps}}|(?:"\\.\\.", ){${steps}}`);
    return outside.test(readFileSync(file, "utf8"));
  }
  const files = folders
    .flatMap((folder) =>
      sourcesOf(folder, ["test/unit", "test/support"]).filter((file) => leadsOut(folder, file)),
    )
    .map((file) => relative(root, file).replaceAll("\\", "/"));

  test("each that reads outside of its package is known", () => {
    expect(files.sort()).toEqual(Object.keys(readOutside).sort());
  });

  test("the root depends on no package, whose files would count for the tasks of all packages", () => {
    const { dependencies = {}, devDependencies = {} } = manifestOf(root);
    const names = Object.keys({ ...dependencies, ...devDependencies });
    expect(names.filter((name) => packageNamed(name).length > 0)).toEqual([]);
  });

  test.each(Object.entries(readOutside))("%s", (file, paths) => {
    const settings = join(root, file.slice(0, file.indexOf("/test/")), "turbo.json");
    const inputs = existsSync(settings) ? readFileSync(settings, "utf8") : "";
    expect(paths.filter((path) => !inputs.includes(`"$TURBO_ROOT$/${path}"`))).toEqual([]);
  });
});

/** The name of the package in a folder. */
function nameOf(folder: string): string {
  return folder === published.folder ? published.name : `@lakehouse/${folder}`;
}

function packageNamed(specifier: string): string[] {
  if (specifier.split("/")[0] === published.name) {
    return [published.folder];
  }
  const name = /^@lakehouse\/([^/]+)/.exec(specifier)?.[1];
  return name === undefined ? [] : [name];
}

function versionsOutsideCatalog(manifest: Manifest): string[] {
  return Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })
    .filter(([name, version]) =>
      packageNamed(name).length > 0 ? version !== "workspace:*" : version !== "catalog:",
    )
    .map(([name]) => name);
}

describe("the whole workspace", () => {
  test("every property test obeys FC_SCALE", () => {
    const sources = [root, ...folders].flatMap((folder) =>
      sourcesOf(folder).map((file) => [relative(root, file), readFileSync(file, "utf8")] as const),
    );
    const property = "@lakehouse/testing/property";
    const own = join("packages", "testing", "src", "property.ts");
    const unscaled = sources
      .filter(([file]) => file !== own && file !== join("test", "unit", "workspace.test.ts"))
      .filter(([, text]) => /\bfc\.(assert|check)\(/.test(text) || /numRuns/.test(text))
      .filter(([, text]) => !text.includes(property) || /numRuns/.test(text));
    expect(unscaled.map(([file]) => file)).toEqual([]);
  });

  test("programs read and set runtime state in runtime.ts only", () => {
    const state =
      /\bprocess\.env\b(?!`)|\bprocess\.noDeprecation\b|\bsetFlagsFromString\(|\bsetPriority\(/;
    const strays = folders
      .flatMap((folder) => sourcesOf(folder, ["src", "testing"]))
      .filter((file) => basename(file) !== "runtime.ts")
      .filter((file) => state.test(readFileSync(file, "utf8")));
    expect(strays.map((file) => relative(root, file))).toEqual([]);
  });

  test("only the engine's own folder imports its library", () => {
    const own = join("packages", "silver-gold", "src", "engine", "duckdb");
    const strays = ["silver-gold", "cli"]
      .flatMap((name) => sourcesOf(join(root, "packages", name)))
      .filter((file) => !relative(root, file).startsWith(own))
      .filter((file) =>
        importsOf(readFileSync(file, "utf8")).some((each) => each.includes("duckdb/")),
      )
      .map((file) => relative(root, file));
    const silverGold = join("packages", "silver-gold");
    expect(strays.sort()).toEqual([
      // The one place that chooses the engine.
      join(silverGold, "src", "engine", "open-engine.ts"),
      // It changes settings, which the engine locks.
      join(silverGold, "test", "support", "catalog-values.ts"),
      // It stands for another engine.
      join(silverGold, "test", "support", "fake-athena.ts"),
    ]);
  });

  test("the root takes its versions from the catalog too", () => {
    expect(versionsOutsideCatalog(manifestOf(root))).toEqual([]);
  });

  test("the catalog pins exact versions, and every entry is used", () => {
    type Catalog = Record<string, string>;
    const workspace: { catalog: Catalog; catalogs?: Record<string, Catalog> } = parse(
      readFileSync(join(root, "pnpm-workspace.yaml"), "utf8"),
    );
    const used = new Set(
      [root, ...folders].map(manifestOf).flatMap(({ dependencies, devDependencies }) => {
        return Object.keys({ ...dependencies, ...devDependencies });
      }),
    );
    for (const catalog of [workspace.catalog, ...Object.values(workspace.catalogs ?? {})]) {
      for (const [name, version] of Object.entries(catalog)) {
        expect(version, name).toMatch(/^\d+\.\d+\.\d+(-[\w.]+)?$/);
      }
    }
    for (const name of Object.keys(workspace.catalog)) {
      expect(used, "no package uses it").toContain(name);
    }
  });

  test("the lockfile installs from any registry", () => {
    const lockfile = readFileSync(join(root, "pnpm-lock.yaml"), "utf8");
    expect(lockfile).not.toMatch(/https?:\/\/|tarball/);
  });
});
