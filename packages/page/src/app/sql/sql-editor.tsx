/** The editor as a part of the page. */
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { ErrorData, RelationData } from "../../data.ts";
import { type Editor, openEditor } from "./editor.ts";

/** The editor. Tab leaves it. @param onRun Called with the SQL. */
export function SqlEditor({
  initial,
  relations,
  error,
  onRun,
  onOpen,
}: {
  readonly initial: string;
  readonly relations: readonly RelationData[];
  readonly error: ErrorData | null;
  readonly onRun: (sql: string) => void;
  readonly onOpen: (editor: Editor) => void;
}): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  const editor = useRef<Editor | null>(null);
  const run = useRef(onRun);
  run.current = onRun;
  useEffect(() => {
    if (place.current === null) {
      return;
    }
    const opened = openEditor(place.current, initial, relations, () => run.current(opened.text()));
    editor.current = opened;
    onOpen(opened);
    return () => opened.close();
  }, []);
  useEffect(() => editor.current?.mark(error), [error]);
  return <div class="editor" ref={place} />;
}
