/** A time and how long ago it was. */
import type { JSX } from "preact";
import { formatAge, formatTime } from "../format.ts";

/** A time: its age, with the exact time beside the pointer and in print. */
export function PageTime({
  at,
  now,
}: {
  readonly at: string;
  /** When the lake was read. */
  readonly now: string;
}): JSX.Element {
  return (
    <time dateTime={at} title={formatTime(at)}>
      <span class="age">{formatAge(at, now)}</span>
      <span class="exact">{formatTime(at)}</span>
    </time>
  );
}
