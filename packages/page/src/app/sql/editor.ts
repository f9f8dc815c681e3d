/** The SQL editor: CodeMirror in a shadow tree, because there its styles need no style element. */
import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
} from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { PostgreSQL, sql } from "@codemirror/lang-sql";
import { bracketMatching, HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { setDiagnostics } from "@codemirror/lint";
import { EditorState } from "@codemirror/state";
import { EditorView, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import type { ErrorData, RelationData } from "../../data.ts";
import { errorRange } from "./error-range.ts";

const highlight = HighlightStyle.define([
  { tag: tags.keyword, color: "var(--accent)", fontWeight: "600" },
  { tag: tags.string, color: "var(--good)" },
  { tag: tags.special(tags.string), color: "var(--ink)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--warn)" },
  { tag: tags.comment, color: "var(--quiet)", fontStyle: "italic" },
]);

const theme = EditorView.theme({
  "&": { color: "var(--ink)", fontSize: "14px" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mono)", minHeight: "8rem", maxHeight: "24rem" },
  ".cm-content": { caretColor: "var(--ink)" },
  ".cm-cursor": { borderLeftColor: "var(--ink)" },
  ".cm-gutters": { backgroundColor: "var(--panel)", color: "var(--quiet)", border: "none" },
  "&.cm-focused .cm-selectionBackground, .cm-selectionBackground, ::selection": {
    backgroundColor: "var(--accent-soft) !important",
  },
  ".cm-tooltip": {
    backgroundColor: "var(--paper)",
    color: "var(--ink)",
    border: "1px solid var(--rule)",
  },
  ".cm-tooltip-autocomplete ul li[aria-selected]": {
    backgroundColor: "var(--accent)",
    color: "var(--on-accent)",
  },
  // CodeMirror would draw the line with an image, which the Content-Security-Policy refuses.
  ".cm-lintRange-error": {
    backgroundImage: "none",
    textDecoration: "underline wavy var(--bad)",
    textUnderlineOffset: "3px",
  },
  ".cm-diagnostic-error": { borderLeftColor: "var(--bad)" },
});

/**
 * Replaces a selection that is typed over. A browser that does it itself writes the colors of the old text into a style
 * attribute, which the Content-Security-Policy refuses.
 */
const typingOverSelection = EditorView.domEventHandlers({
  beforeinput: ({ inputType, data, isComposing }, view) => {
    const { from, to, empty } = view.state.selection.main;
    if (inputType !== "insertText" || data === null || empty || isComposing) {
      return false;
    }
    const insert = () =>
      view.state.update(view.state.replaceSelection(data), { userEvent: "input.type" });
    const handlers = view.state.facet(EditorView.inputHandler);
    if (!handlers.some((handle) => handle(view, from, to, data, insert))) {
      view.dispatch(insert());
    }
    return true;
  },
});

/** An open editor. */
export interface Editor {
  readonly text: () => string;
  /** Marks where the SQL is wrong; null removes the mark. */
  readonly mark: (error: ErrorData | null) => void;
  readonly focus: () => void;
  readonly close: () => void;
}

/**
 * Opens an editor in an element.
 *
 * @param relations What it completes.
 * @param onRun Called by Ctrl+Enter.
 */
export function openEditor(
  element: HTMLElement,
  text: string,
  relations: readonly RelationData[],
  onRun: () => void,
): Editor {
  const root = element.shadowRoot ?? element.attachShadow({ mode: "open" });
  const schema = Object.fromEntries(
    relations.map(({ name, columns }) => [
      name,
      columns.map((column) => ({
        label: column.name,
        detail: column.type.toLowerCase(),
        type: "property",
      })),
    ]),
  );
  const run = () => {
    onRun();
    return true;
  };
  const view = new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      doc: text,
      extensions: [
        keymap.of([
          { key: "Mod-Enter", run },
          // Tab leaves the editor: a keyboard must not be caught in it.
          ...completionKeymap,
          ...closeBracketsKeymap,
          ...historyKeymap,
          ...defaultKeymap,
        ]),
        lineNumbers(),
        history(),
        closeBrackets(),
        bracketMatching(),
        autocompletion(),
        sql({ dialect: PostgreSQL, schema, upperCaseKeywords: false }),
        syntaxHighlighting(highlight),
        theme,
        EditorView.lineWrapping,
        typingOverSelection,
        EditorView.contentAttributes.of({ "aria-label": "SQL" }),
      ],
    }),
  });
  return {
    text: () => view.state.doc.toString(),
    mark: (error) => {
      const range = error === null ? null : errorRange(view.state.doc.toString(), error);
      const diagnostics =
        error === null || range === null
          ? []
          : [{ ...range, severity: "error" as const, message: error.message }];
      view.dispatch(setDiagnostics(view.state, diagnostics));
    },
    focus: () => view.focus(),
    close: () => view.destroy(),
  };
}
