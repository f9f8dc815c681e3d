/** What is around every view: the header, the navigation, and the link that skips both. */
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { LakeData } from "../data.ts";
import { formatTime } from "./format.ts";
import { Navigation } from "./navigation.tsx";
import { PlainText } from "./parts/plain-text.tsx";
import type { Route } from "./routes.ts";
import type { PageSource } from "./source/find-source.ts";
import { ThemeSwitch } from "./theme-switch.tsx";
import { titleOf } from "./titles.ts";

/** The frame of the page. After a link was followed, the view's heading has the focus, as on a new page. */
export function Shell({
  route,
  page,
  lake,
  children,
}: {
  readonly route: Route;
  readonly page: PageSource;
  readonly lake: LakeData | null;
  readonly children: ComponentChildren;
}): JSX.Element {
  const main = useRef<HTMLElement>(null);
  const address = `${route.view}/${route.name ?? ""}`;
  const shown = useRef(address);
  useEffect(() => {
    document.title = `${titleOf(route)} · Lakehouse`;
    if (shown.current !== address) {
      shown.current = address;
      scrollTo(0, 0);
      main.current?.focus({ preventScroll: true });
    }
  }, [address, route]);
  return (
    <>
      <button type="button" class="skip" onClick={() => main.current?.focus()}>
        Skip to the content
      </button>
      <header class="top">
        <a class="brand" href="#/">
          Lakehouse
        </a>
        {lake === null ? null : (
          <p class="where">
            <PlainText text={lake.environment ?? lake.location} />
            {page.limits === null ? null : <span class="muted"> as of {formatTime(lake.at)}</span>}
          </p>
        )}
        <ThemeSwitch />
      </header>
      <Navigation route={route} hasSql={page.source.query !== undefined} />
      <main id="main" ref={main} tabIndex={-1}>
        {children}
      </main>
    </>
  );
}
