/** All values of one row. */
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { ResultColumnData, Value } from "../../data.ts";
import { PlainText } from "../parts/plain-text.tsx";
import { valueText } from "../value-text.ts";

/** A dialog. Escape closes it, and the grid has the focus again. */
export function RowDialog({
  columns,
  values,
  onClose,
}: {
  readonly columns: readonly ResultColumnData[];
  readonly values: readonly Value[];
  readonly onClose: () => void;
}): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog class="row-dialog" aria-labelledby="row-title" ref={dialog} onClose={onClose}>
      <h2 id="row-title">Row</h2>
      <dl class="facts">
        {columns.map(({ name, type }, index) => {
          const value = values[index] ?? null;
          return (
            <div key={name}>
              <dt>
                <bdi>{name}</bdi> <span class="muted kind">{type.toLowerCase()}</span>
              </dt>
              <dd>
                {value === null ? (
                  <span class="muted">null</span>
                ) : (
                  <PlainText text={valueText(value)} />
                )}
              </dd>
            </div>
          );
        })}
      </dl>
      <button type="button" onClick={() => dialog.current?.close()}>
        Close
      </button>
    </dialog>
  );
}
