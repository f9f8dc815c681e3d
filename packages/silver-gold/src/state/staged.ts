/**
 * Outputs that are committed but not published yet. Small ones share an object, because each call to a store takes time and
 * costs money. The run record names such an output by its place in the object: `<key>#<offset>-<length>-<digest>`.
 */
import { createHash } from "node:crypto";
import { open, readFile, stat } from "node:fs/promises";
import { statePrefix } from "@lakehouse/lake/keys";
import type { ObjectBody } from "@lakehouse/lake/object-store";
import type { FileFormat } from "@lakehouse/transforms/contract/table";
import { StateError } from "../errors.ts";
import { inGroups } from "../in-groups.ts";
import type { RunScope } from "../run-scope.ts";
import { hashFile, shortHash } from "./content-hash.ts";
import type { LocalFiles } from "./local-files.ts";
import { contentHashOf, fileName, stagedKey } from "./state-keys.ts";

/** A larger output is an object of its own. */
const mostPartBytes = 8 * 1024 * 1024;
/** A shared object is at most this long. */
const mostBytes = 64 * 1024 * 1024;

const partPattern = /^(.*)#(\d+)-(\d+)-([0-9a-f]{16})$/;

/** An output to stage. */
export interface OutputToStage {
  /** Where to publish it. */
  readonly key: string;
  readonly hash: string;
  readonly format: FileFormat;
}

/** The staged outputs of a run. */
export interface StagedOutputs {
  /** By the key of the output, what the run record says of the staged one. */
  readonly pending: ReadonlyMap<string, string>;
  /** The objects to write, by key. */
  readonly uploads: ReadonlyMap<string, ObjectBody>;
}

/** Stages outputs that have local files. Those with the same content are staged once. */
export async function stageOutputs(
  { files, sequence }: Pick<RunScope, "files" | "sequence">,
  outputs: readonly OutputToStage[],
): Promise<StagedOutputs> {
  const uploads = new Map<string, ObjectBody>();
  const names = new Map<string, string>();
  const stageAlone = async (content: string, path: string): Promise<void> => {
    uploads.set(content, { path: await files.copy(path) });
    names.set(content, content);
    files.set(content, path);
  };
  const small: Part[] = [];
  const contents = new Map(
    outputs.map((output) => [stagedKey(sequence, output.hash, output.format), output]),
  );
  for (const [content, { key, hash }] of contents) {
    const path = await files.get(key);
    const { size } = await stat(path);
    if (size > mostPartBytes) {
      await stageAlone(content, path);
    } else {
      small.push({ content, path, size, hash });
    }
  }
  for (const parts of inGroups(small, ({ size }) => size, mostBytes)) {
    const [first, ...others] = parts;
    if (first !== undefined && others.length === 0) {
      await stageAlone(first.content, first.path);
      continue;
    }
    const packed = files.newPath("pack");
    const object = `${statePrefix}staged/${fileName(sequence, await writePack(packed, parts))}.pack`;
    uploads.set(object, { path: packed });
    let offset = 0;
    for (const { content, path, size, hash } of parts) {
      const name = `${object}#${offset}-${size}-${hash}`;
      names.set(content, name);
      files.set(name, path);
      offset += size;
    }
  }
  const pending = outputs.map(({ key, hash, format }) => {
    const content = stagedKey(sequence, hash, format);
    return [key, names.get(content) ?? content] as const;
  });
  return { pending: new Map(pending), uploads };
}

/** The key of the object that has a staged output. @param staged What the run record says of it. */
export function stagedObject(staged: string): string {
  return partPattern.exec(staged)?.[1] ?? staged;
}

/** The digest of a staged output. */
export function stagedHash(staged: string): string {
  return partPattern.exec(staged)?.[4] ?? contentHashOf(staged);
}

/** A local file with a staged output. @throws StateError if it is damaged. */
export async function stagedFile(files: LocalFiles, staged: string): Promise<string> {
  const [, object, offset, length, hash] = partPattern.exec(staged) ?? [];
  if (object === undefined || files.has(staged)) {
    return await files.verified(staged);
  }
  const pack = await files.verified(object);
  const path = files.newPath("part");
  await copyPart(pack, path, Number(offset), Number(length));
  if ((await hashFile(path)) !== hash) {
    throw new StateError(object, "it does not have what the run record says");
  }
  files.set(staged, path);
  return path;
}

/** A content of outputs, and its local file. */
interface Part {
  readonly content: string;
  readonly path: string;
  readonly size: number;
  readonly hash: string;
}

/** Writes files one after another. @returns The digest of all. */
async function writePack(path: string, parts: readonly Part[]): Promise<string> {
  const digest = createHash("sha256");
  await using file = await open(path, "wx");
  for (const part of parts) {
    const bytes = await readFile(part.path);
    digest.update(bytes);
    await file.writeFile(bytes);
  }
  return shortHash(digest.digest("hex"));
}

/** Copies a part of a file, which is small enough to hold in memory. */
async function copyPart(from: string, to: string, offset: number, length: number): Promise<void> {
  await using source = await open(from);
  const { buffer, bytesRead } = await source.read({
    buffer: Buffer.alloc(length),
    position: offset,
  });
  await using target = await open(to, "wx");
  await target.writeFile(buffer.subarray(0, bytesRead));
}
