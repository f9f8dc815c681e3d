/** A text field that reports what was typed once the typing pauses. */
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

const pause = 300;

/** The field. Enter reports at once. */
export function DelayedInput({
  label,
  value,
  onChange,
}: {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}): JSX.Element {
  const [text, setText] = useState(value);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => setText(value), [value]);
  useEffect(() => () => clearTimeout(timer.current), []);
  const report = (typed: string, delay: number) => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => onChange(typed), delay);
  };
  return (
    <input
      type="text"
      aria-label={label}
      placeholder="filter"
      spellcheck={false}
      autocomplete="off"
      value={text}
      onInput={({ currentTarget: { value: typed } }) => {
        setText(typed);
        report(typed, pause);
      }}
      onKeyDown={(event) => {
        if (event.key === "Enter") {
          report(text, 0);
        }
      }}
    />
  );
}
