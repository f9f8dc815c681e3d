/** Counts the different keys of an object's records that no column reads. */

/** More keys than this are data, as in an object with a member for each customer. They are not counted further. */
const mostKeys = 1_000;

/** The different keys so far, by a hash: their names are not needed, and making strings of them would cost too much. */
export class UnreadKeys {
  readonly #hashes = new Set<number>();

  get count(): number {
    return this.#hashes.size;
  }

  /**
   * Notes a key.
   *
   * @param within The number of the object that it is in.
   * @param start Where the key is in the bytes.
   */
  note(within: number, bytes: Uint8Array, start: number, end: number): void {
    if (this.#hashes.size >= mostKeys) {
      return;
    }
    // FNV-1a.
    let hash = 0x811c9dc5 ^ within;
    for (let at = start; at < end; at++) {
      hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193);
    }
    // A small integer, which a set holds without boxing it.
    this.#hashes.add(hash & 0x3fffffff);
  }
}
