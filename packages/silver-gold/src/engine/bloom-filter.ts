/** Bloom filters: small sets of hashes that may claim to have one that they have not, but never the opposite. Pure. */

/** Hashes of 64 bits, each as two numbers of 32 bits. */
export interface Hashes {
  readonly low: Uint32Array;
  readonly high: Uint32Array;
}

/** With these, a filter wrongly claims to have one hash in 100,000. */
const bitsPerHash = 24;
const probes = 16;

/** Makes a filter. The same hashes always give the same bytes. */
export function bloomFilter({ low, high }: Hashes): Uint8Array {
  const filter = new Uint8Array(Math.max(1, Math.ceil((low.length * bitsPerHash) / 8)));
  for (let index = 0; index < low.length; index += 1) {
    const [first = 0, second = 0] = [low[index], high[index]];
    for (let probe = 0; probe < probes; probe += 1) {
      const bit = bitOf(filter, first, second, probe);
      filter[bit >>> 3] = (filter[bit >>> 3] ?? 0) | (1 << (bit & 7));
    }
  }
  return filter;
}

/** Whether a filter may have one of these hashes. */
export function mayHaveAny(filter: Uint8Array, { low, high }: Hashes): boolean {
  return low.some((first, index) => mayHave(filter, first, high[index] ?? 0));
}

function mayHave(filter: Uint8Array, low: number, high: number): boolean {
  for (let probe = 0; probe < probes; probe += 1) {
    const bit = bitOf(filter, low, high, probe);
    if (((filter[bit >>> 3] ?? 0) & (1 << (bit & 7))) === 0) {
      return false;
    }
  }
  return true;
}

/** The bit of a probe. The hash's second half, which is made odd, is the distance of its probes. */
function bitOf(filter: Uint8Array, low: number, high: number, probe: number): number {
  const place = (low + Math.imul(probe, high | 1)) >>> 0;
  return Math.floor((place / 2 ** 32) * filter.length * 8);
}
