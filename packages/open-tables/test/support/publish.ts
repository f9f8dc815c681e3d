/** A table's folder in memory, with the objects of its versions. */
import {
  type Committed,
  commitTable,
  type TableChange,
  type TableSnapshot,
} from "../../src/open-table.ts";

/** Publishes versions as a run does. */
export class Folder {
  readonly objects = new Map<string, Uint8Array>();
  last: TableSnapshot | undefined;

  /** Makes the next version and publishes it. */
  async commit(change: TableChange): Promise<Committed> {
    const committed = await commitTable(this.last, change);
    for (const { key, bytes } of committed.objects.create) {
      if (this.objects.has(key)) {
        throw new TypeError(`${key} is there already.`);
      }
      this.objects.set(key, bytes);
    }
    for (const { key, bytes } of committed.objects.replace) {
      this.objects.set(key, bytes);
    }
    for (const key of committed.objects.remove) {
      if (!this.objects.delete(key)) {
        throw new TypeError(`${key} is not there.`);
      }
    }
    // As a state object would bring it back.
    this.last = {
      table: JSON.parse(JSON.stringify(committed.table)),
      files: change.files,
    };
    return committed;
  }

  text(key: string): string {
    return Buffer.from(this.objects.get(key) ?? []).toString();
  }
}
