/** What takes the place of a record that was removed from Bronze. The decoder counts it, and makes nothing of it. */

/**
 * A JSON object, and for CSV a row that can't be read. So it parts its neighbors as the record did, and counts as one. Its
 * escaped key sends it to the exact path, so records of producers pay nothing for it.
 */
export const forgottenRecord: Buffer = Buffer.from('{"\\u0066orgotten":true}');

/** Whether a record is one that was removed. */
export function isForgotten(bytes: Buffer, start: number, end: number): boolean {
  return end - start === forgottenRecord.length && forgottenRecord.compare(bytes, start, end) === 0;
}
