/** Changes between light and dark. */
import type { JSX } from "preact";
import { type Theme, useTheme } from "./use-theme.ts";

const themes: readonly (readonly [Theme, string])[] = [
  ["system", "Auto"],
  ["light", "Light"],
  ["dark", "Dark"],
];

/** The switch between light, dark, and what the system has. */
export function ThemeSwitch(): JSX.Element {
  const [theme, setTheme] = useTheme();
  return (
    <fieldset class="themes">
      <legend class="hidden">Colors</legend>
      {themes.map(([value, title]) => (
        <label key={value} class={value === theme ? "chosen" : undefined}>
          <input
            type="radio"
            name="theme"
            value={value}
            checked={value === theme}
            onChange={() => setTheme(value)}
          />
          {title}
        </label>
      ))}
    </fieldset>
  );
}
