/** Where the user's own code called a function of this package: `packages/tables/src/orders/contract.ts:12`. */
import { existsSync, readFileSync } from "node:fs";
import { SourceMap } from "node:module";
import { dirname, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";

const stacksKey = Symbol.for("lakehouse.stacks");

/** A position in a source file. */
interface Position {
  readonly file: string;
  readonly line: number;
}

/** Shared by all instances of this module: `lakehouse dev` loads the tables in bundles of their own. */
const registry: typeof globalThis & { [stacksKey]?: WeakMap<object, Error> } = globalThis;
const stacks = registry[stacksKey] ?? new WeakMap<object, Error>();
registry[stacksKey] = stacks;

/** Records where the object was created. @returns The object. */
export function located<T extends object>(made: T): T {
  stacks.set(made, new Error("made here"));
  return made;
}

/** Records that an object replaces another that the user created. @returns The object. */
export function locatedAs<T extends object>(made: T, original: object): T {
  const stack = stacks.get(original);
  if (stack !== undefined) {
    stacks.set(made, stack);
  }
  return made;
}

/** Returns where the object was created; undefined if unknown. */
export function placeOf(made: object): string | undefined {
  const stack = stacks.get(made);
  return stack === undefined ? undefined : userPlace(stack, true);
}

/** Returns the position of the current call in the user's files. */
export function placeOfCall(): string | undefined {
  return userPlace(new Error("called here"), true);
}

/** Returns the first position in an error's stack that is in the user's files. */
export function placeOfError(error: Error): string | undefined {
  return userPlace(error, false);
}

/** @param ownFirst Whether the first frame of the stack is in this file. */
function userPlace(error: Error, ownFirst: boolean): string | undefined {
  const positions = (error.stack ?? "")
    .split("\n")
    .flatMap((line) => positionIn(line) ?? [])
    .map(original);
  const [own] = ownFirst ? positions : [];
  const library = own === undefined ? undefined : dirname(dirname(own.file));
  const found = positions.find(
    ({ file }) =>
      !file.includes(`${sep}node_modules${sep}`) &&
      (library === undefined || !file.startsWith(`${library}${sep}`)),
  );
  return found === undefined ? undefined : `${shownPath(found.file)}:${found.line}`;
}

/** Shortens a path below the working directory to a relative one. */
export function shownPath(file: string): string {
  const path = relative(process.cwd(), file);
  return (path.startsWith("..") ? file : path).replaceAll("\\", "/");
}

interface RawPosition extends Position {
  readonly column: number;
}

function positionIn(frame: string): RawPosition | undefined {
  const [, name, line, column] =
    /^\s+at (?:.*\()?((?:file:|\/|[A-Z]:).*?):(\d+):(\d+)\)?$/.exec(frame) ?? [];
  if (name === undefined) {
    return undefined;
  }
  const file = name.startsWith("file:") ? fileURLToPath(name) : resolve(name);
  return { file, line: Number(line), column: Number(column) };
}

const maps = new Map<string, SourceMap | undefined>();

/** Maps a position in a bundle to the source. */
function original({ file, line, column }: RawPosition): Position {
  if (!maps.has(file)) {
    maps.set(file, sourceMap(`${file}.map`));
  }
  const origin = maps.get(file)?.findOrigin(line, column);
  return origin === undefined || !("fileName" in origin)
    ? { file, line }
    : { file: sourceFile(resolve(dirname(file), origin.fileName)), line: origin.lineNumber };
}

/** Source maps may hold a path as a URL has it: `%C3%A9` for é. */
function sourceFile(path: string): string {
  if (!existsSync(path)) {
    try {
      return decodeURIComponent(path);
    } catch {
      // It only has a percent sign.
    }
  }
  return path;
}

function sourceMap(path: string): SourceMap | undefined {
  return existsSync(path) ? new SourceMap(JSON.parse(readFileSync(path, "utf8"))) : undefined;
}
