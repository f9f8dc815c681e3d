/** Text of records, with its invisible characters made visible. */
import type { JSX } from "preact";
import { splitInvisible } from "./split-invisible.ts";

/** Text that can't hide anything, or change the order of what is around it. */
export function PlainText({ text }: { readonly text: string }): JSX.Element {
  return (
    <bdi>
      {splitInvisible(text).map(({ text: part, isInvisible }, index) =>
        isInvisible ? (
          <span key={index} class="invisible">
            {part}
          </span>
        ) : (
          part
        ),
      )}
    </bdi>
  );
}
