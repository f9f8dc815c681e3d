/** Light or dark, as the system has it or as the user chose. */
import { useEffect, useState } from "preact/hooks";

/** What the page looks like. `system` follows the system. */
export type Theme = "system" | "light" | "dark";

const key = "lakehouse-theme";

/** The theme, and how to change it. It is kept in this browser. */
export function useTheme(): readonly [Theme, (theme: Theme) => void] {
  const [theme, setTheme] = useState<Theme>(storedTheme);
  useEffect(() => {
    document.documentElement.dataset["theme"] = theme;
    try {
      localStorage.setItem(key, theme);
    } catch {
      // A browser may refuse to store anything. The choice then ends with the page.
    }
  }, [theme]);
  return [theme, setTheme];
}

function storedTheme(): Theme {
  try {
    const stored = localStorage.getItem(key);
    return stored === "light" || stored === "dark" ? stored : "system";
  } catch {
    return "system";
  }
}
