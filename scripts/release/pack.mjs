// Makes the tarballs of the two packages that are published: node scripts/release/pack.mjs FOLDER
//
// `serverless-lakehouse` has the layout of this repository, compiled, so that paths are the same in both. It imports no package
// of this workspace: those imports become relative. `create-serverless-lakehouse` holds the folder of a new lake.
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { promisify } from "node:util";
import { parse } from "yaml";
import { publicModules } from "./public-modules.mjs";

/** @typedef {Record<string, string>} Versions */

const run = promisify(execFile);
const root = join(import.meta.dirname, "../..");
const provider = "@cdktf/provider-aws";
const vendored = "vendor/provider-aws";

/** The scripts that bundle a user's tables. */
const scripts = [
  "own",
  "bundle-errors.mjs",
  "bundle-options.mjs",
  "bundle-program.mjs",
  "bundle-tables.mjs",
  "load-catalog.mjs",
  "lock.mjs",
  "programs.mjs",
  "run.mjs",
];
/** Other files that are published as they are. */
const files = [
  "CHANGELOG.md",
  "LICENSE",
  "docker/Dockerfile",
  "docker/Dockerfile.dockerignore",
  "docker/docker-bake.hcl",
  "docker/images/bronze-silver/package.json",
  "docker/images/silver-gold/package.json",
  // The image's own Node runs it, as it is.
  "docker/src/check.ts",
  "infra/.terraform.lock.hcl",
  "types/json-source-text.d.ts",
  "types/sql.d.ts",
];

/** @param {string} file */
async function readJson(file) {
  return JSON.parse(await readFile(file, "utf8"));
}

/** @param {string} file @param {unknown} value */
async function writeJson(file, value) {
  await writeFile(file, `${JSON.stringify(value, null, 2)}\n`);
}

/** @param {string} folder @returns {Promise<string[]>} the paths of all files in it */
async function filesIn(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** Compiles the sources, and copies what is not compiled. @param {string} target */
async function copySources(target) {
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const project = join(import.meta.dirname, "tsconfig.json");
  await run(process.execPath, [tsc, "--project", project, "--outDir", target], { cwd: root });
  // A user has an own one.
  for (const extension of ["js", "d.ts"]) {
    await rm(join(target, `infra/src/environments.${extension}`));
    const compiled = join(target, `scripts/release/project.${extension}`);
    await cp(compiled, join(target, `packages/transforms/src/project.${extension}`));
  }
  await rm(join(target, "scripts"), { recursive: true });
  for (const file of [...files, ...scripts.map((name) => `scripts/${name}`)]) {
    await cp(join(root, file), join(target, file), { recursive: true });
  }
  await run(process.execPath, ["src/build.ts"], { cwd: join(root, "packages/page") });
  await cp(join(root, "packages/page/dist"), join(target, "packages/page/dist"), {
    recursive: true,
  });
}

/** @returns {Promise<Map<string, string>>} the compiled file of each module that a package of the workspace exports */
async function exportedModules() {
  const packages = await readdir(join(root, "packages"));
  const modules = new Map();
  for (const folder of ["infra", "docker", ...packages.map((name) => `packages/${name}`)]) {
    const { name, exports = {} } = await readJson(join(root, folder, "package.json"));
    for (const [entry, file] of Object.entries(exports)) {
      modules.set(`${name}${entry.slice(1)}`, join(folder, file.replace(/\.ts$/, ".js")));
    }
  }
  return modules;
}

/**
 * Makes the imports of this workspace's packages, and of the provider's modules, relative. Finds the packages that are left.
 *
 * @param {string} target
 * @returns {Promise<readonly string[]>}
 */
async function linkModules(target) {
  const modules = await exportedModules();
  const packages = new Set(["typescript"]);
  const copied = new Set();
  for (const file of await filesIn(target)) {
    if (!/\.(m?js|d\.ts)$/.test(file) || file.includes("/dist/")) {
      continue;
    }
    const isScript = file.endsWith(".mjs");
    const isDeclaration = file.endsWith(".d.ts");
    const text = await readFile(file, "utf8");
    const linked = text.replaceAll(
      /(\b(?:from|import)\s*\(?\s*)"([^"\n]+)"/g,
      (match, before, specifier) => {
        const own = modules.get(specifier);
        const [, module] = new RegExp(`^${provider}/lib/(.+)/index\\.js$`).exec(specifier) ?? [];
        const to = module === undefined ? own : `${vendored}/lib/${module}/index.js`;
        if (specifier.startsWith("@lakehouse/") && own === undefined) {
          throw new Error(`${file}: no package exports ${specifier}.`);
        }
        if (module !== undefined) {
          copied.add(module);
        }
        if (to !== undefined && !specifier.startsWith("serverless-lakehouse/")) {
          const path = relative(dirname(file), join(target, to)).replaceAll("\\", "/");
          return `${before}"${path.startsWith(".") ? path : `./${path}`}"`;
        }
        if (specifier.startsWith(".") && (isScript || isDeclaration)) {
          return match.replace(/\.ts"$/, '.js"');
        }
        if (!isDeclaration && /^[@a-z][\w./@-]*$/.test(specifier)) {
          packages.add(packageOf(specifier));
        }
        return match;
      },
    );
    await writeFile(file, linked);
  }
  for (const module of copied) {
    const file = `lib/${module}/index.js`;
    const from = join(root, "infra/node_modules", provider, file);
    await cp(from, join(target, vendored, file));
  }
  const source = join(root, "infra/node_modules", provider);
  await cp(join(source, "LICENSE"), join(target, vendored, "LICENSE"));
  const { name, version, license, repository } = await readJson(join(source, "package.json"));
  await writeJson(join(target, vendored, "package.json"), {
    ...{ name, version, license, repository },
    type: "commonjs",
  });
  return [...packages];
}

/** @param {string} specifier */
function packageOf(specifier) {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

/**
 * The manifest of the framework. Each version is exactly the one that this repository is tested with.
 *
 * @param {readonly string[]} packages what its code imports
 */
async function frameworkManifest(packages) {
  const { catalog } = parse(await readFile(join(root, "pnpm-workspace.yaml"), "utf8"));
  const { name, version, description, license, type } = await readJson(
    join(root, "packages/framework/package.json"),
  );
  const entries = publicModules().map(([entry, file]) => {
    const compiled = `./${file.replace(/\.ts$/, "")}`;
    return [entry, { types: `${compiled}.d.ts`, default: `${compiled}.js` }];
  });
  const dependencies = packages
    .filter((each) => Object.hasOwn(catalog, each))
    .sort()
    .map((each) => [each, catalog[each]]);
  return {
    ...{ name, version, description, license, type },
    engines: { node: ">=24" },
    bin: { lakehouse: "scripts/own/lakehouse.mjs", "lakehouse-aws": "scripts/own/aws.mjs" },
    exports: {
      ...Object.fromEntries(entries),
      "./package.json": "./package.json",
      "./tsconfig.json": "./tsconfig.json",
    },
    dependencies: Object.fromEntries(dependencies),
  };
}

/** @param {string} target */
async function makeFramework(target) {
  await mkdir(target);
  await copySources(target);
  const manifest = await frameworkManifest(await linkModules(target));
  await writeJson(join(target, "package.json"), manifest);
  await cp(join(root, "docs/own-lake.md"), join(target, "README.md"));
  const { compilerOptions } = await readJson(join(root, "tsconfig.base.json"));
  await writeJson(join(target, "tsconfig.json"), {
    compilerOptions: {
      ...compilerOptions,
      types: [],
      noUnusedLocals: false,
      noUnusedParameters: false,
    },
    files: files.filter((file) => file.startsWith("types/")),
  });
}

/** Makes the package of `npm create`: this repository's samples and environments are the new lake's. @param {string} target */
async function makeCreate(target) {
  await cp(join(root, "create"), target, { recursive: true });
  const tables = join(root, "packages/tables/src");
  for (const entry of await readdir(tables, { withFileTypes: true })) {
    if (entry.isDirectory()) {
      await cp(join(tables, entry.name), join(target, "template/tables", entry.name), {
        recursive: true,
      });
    }
  }
  const environments = await readFile(join(root, "infra/src/environments.ts"), "utf8");
  await writeFile(join(target, "template/lakehouse.config.ts"), ownConfig(environments));
  const manifest = await readJson(join(root, "create/package.json"));
  const { version } = await readJson(join(root, "packages/framework/package.json"));
  await writeJson(join(target, "package.json"), { ...manifest, version });
}

/** The settings of a new lake, from those of this repository. @param {string} environments */
export function ownConfig(environments) {
  const own = environments
    .replace(
      /^\/\*\*.*?\*\/\nimport type \{ Environment \} from ".\/environment.ts";\n/s,
      "/** The environments that can be deployed. docs/deploy.md of the framework explains each setting. */\n" +
        'import { defineConfig, type Environment } from "serverless-lakehouse/config";\n',
    )
    .replace(
      /\/\*\* Every environment. \*\/\nexport const environments: readonly Environment\[\] = (.*);/,
      "export default defineConfig({ environments: $1 });",
    );
  if (!/defineConfig, .*^export default/ms.test(own)) {
    throw new Error("infra/src/environments.ts has another form than ownConfig() expects.");
  }
  return own;
}

/**
 * Packs both packages.
 *
 * @param {string} folder where the tarballs go
 * @returns {Promise<{ framework: string, create: string }>} the tarballs
 */
export async function pack(folder) {
  const scratch = await mkdtemp(join(tmpdir(), "lakehouse-release-"));
  try {
    await mkdir(folder, { recursive: true });
    await makeFramework(join(scratch, "framework"));
    await makeCreate(join(scratch, "create"));
    /** @param {string} name */
    const packed = async (name) => {
      const args = ["pack", "--json", "--loglevel=error", `--pack-destination=${folder}`];
      const options = { cwd: join(scratch, name), shell: process.platform === "win32" };
      const { stdout } = await run("npm", args, { ...options, maxBuffer: 64 * 1024 * 1024 });
      return join(folder, JSON.parse(stdout)[0].filename);
    };
    return { framework: await packed("framework"), create: await packed("create") };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

if (process.argv[1] === import.meta.filename) {
  const tarballs = await pack(resolve(process.argv[2] ?? "dist"));
  process.stdout.write(`${Object.values(tarballs).join("\n")}\n`);
}
