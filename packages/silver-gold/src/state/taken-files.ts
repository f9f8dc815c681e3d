/**
 * Data files of models that Athena wrote, and that became the model's as they are. Each attempt writes to a folder of its own, in the
 * model's folder, and Athena names the files.
 */
import type { DataFile } from "@lakehouse/open-tables/data-file";
import { hashBytes } from "./content-hash.ts";

const pattern = /^([a-z][a-z0-9_]*)\/athena\/([0-9a-f-]{36})\/./;

/** A data file that Athena wrote. */
export interface TakenFile extends Omit<DataFile, "path" | "partition"> {
  readonly key: string;
  readonly hash: string;
}

/** What the keys of everything start with that an attempt writes as files of its model, and what describes them. */
export function takenFolder(model: string, token: string): string {
  return `${model}/athena/${token}/`;
}

/** Whether an object is in the folder of an attempt. */
export function isTaken(key: string): boolean {
  return pattern.test(key);
}

/** The model, and the token of the attempt, of an object in such a folder; undefined for other objects. */
export function attemptOf(
  key: string,
): { readonly model: string; readonly token: string } | undefined {
  const [, model, token] = pattern.exec(key) ?? [];
  return model === undefined || token === undefined ? undefined : { model, token };
}

/** What stands for the content of such a file. Its digest is unknown, because nobody has read it. */
export function takenHash(key: string, bytes: number): string {
  return hashBytes(Buffer.from(`${key} ${bytes}`));
}
