/** What Athena charges for a query, at AWS's list price. */

/** US dollars for each TB that a query reads, in most regions. */
export const usdPerTerabyte = 5;
const terabyte = 1e12;
/** A query that reads less costs as much as one that reads this. */
const leastBytes = 10_000_000;

/** US dollars of a query that has read this many bytes. */
export function athenaUsd(bytesScanned: number): number {
  return (Math.max(bytesScanned, leastBytes) / terabyte) * usdPerTerabyte;
}
