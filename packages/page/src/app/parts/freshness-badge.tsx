/** Whether gold has a table or model as it is defined now. */
import type { JSX } from "preact";
import type { RowsInGold } from "../../data.ts";
import { Badge } from "./badge.tsx";

/** The state of a table or model in gold. */
export function FreshnessBadge({
  freshness,
}: {
  readonly freshness: RowsInGold["freshness"];
}): JSX.Element {
  switch (freshness) {
    case "current":
      return <Badge tone="good">current</Badge>;
    case "changed":
      return <Badge tone="warn">definition changed</Badge>;
    case "new":
      return <Badge tone="warn">not built yet</Badge>;
  }
}
