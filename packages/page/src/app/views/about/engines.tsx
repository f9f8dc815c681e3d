/** The line to paste into each engine. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { EngineData } from "../../../data.ts";
import { CodeBlock } from "../../parts/code-block.tsx";
import { CopyButton } from "../../parts/copy-button.tsx";
import { Empty } from "../../parts/loading.tsx";

/** A choice of engines, and the line for the chosen one. On paper, all lines. */
export function Engines({ engines }: { readonly engines: readonly EngineData[] }): JSX.Element {
  const [chosen, choose] = useState(
    () => (engines.find(({ line }) => line !== null) ?? engines[0])?.name,
  );
  const engine = engines.find(({ name }) => name === chosen);
  if (engine === undefined) {
    return <Empty>No engine reads it yet: it is there after the first gold run.</Empty>;
  }
  return (
    <div class="engines">
      <fieldset class="choices">
        <legend class="hidden">Engine</legend>
        {engines.map(({ name, title }) => (
          <label key={name} class={name === chosen ? "chosen" : undefined}>
            <input
              type="radio"
              name="engine"
              value={name}
              checked={name === chosen}
              onChange={() => choose(name)}
            />
            {title}
          </label>
        ))}
      </fieldset>
      {engine.line === null ? (
        <p class="notice">{engine.missing}</p>
      ) : (
        <div class="line">
          <CodeBlock label={`The line for ${engine.title}`}>{engine.line}</CodeBlock>
          <CopyButton text={engine.line} what={`the line for ${engine.title}`} />
        </div>
      )}
      <dl class="printed">
        {engines.map(({ name, title, line }) => (
          <div key={name}>
            <dt>{title}</dt>
            <dd>{line ?? "–"}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
