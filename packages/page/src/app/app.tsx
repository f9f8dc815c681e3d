/** The whole page: loads the lake, and shows the view of the address. */
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { LakeContext } from "./lake-context.ts";
import { Show } from "./parts/loading.tsx";
import { Shell } from "./shell.tsx";
import type { PageSource } from "./source/find-source.ts";
import { useLoaded } from "./use-loaded.ts";
import { useRoute } from "./use-route.ts";
import { View } from "./view.tsx";

/** The page over one lake. */
export function App({ page }: { readonly page: PageSource }): JSX.Element {
  const route = useRoute();
  const loaded = useLoaded(() => page.source.lake(), [page]);
  const lake = loaded.state === "ready" ? loaded.value : null;
  const inView = useMemo(() => lake && { lake, ...page }, [lake, page]);
  return (
    <LakeContext.Provider value={inView}>
      <Shell route={route} page={page} lake={lake}>
        <Show loaded={loaded} what="the lake">
          {() => <View key={`${route.view}/${route.name}`} route={route} />}
        </Show>
      </Shell>
    </LakeContext.Provider>
  );
}
