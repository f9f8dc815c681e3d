/** How V8's collector is set for this function: what can be set from inside it (@lakehouse/lake/node-options has what can't). */
import { setFlagsFromString } from "node:v8";

/**
 * Lets memory grow to four times what is in use before V8 looks for what is not. It counts zlib's buffers, of some
 * megabytes each, and by default marks its whole heap for every fifth of them, on threads that Polars and zlib need.
 */
export function collectLessOften(): void {
  setFlagsFromString("--heap-growing-percent=300");
}
