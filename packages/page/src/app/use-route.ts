/** The address that the page is at. */
import { useEffect, useState } from "preact/hooks";
import { parseHash, type Route } from "./routes.ts";

/** The page's address. It follows the links and the browser's history. */
export function useRoute(): Route {
  const [route, setRoute] = useState(() => parseHash(location.hash));
  useEffect(() => {
    const follow = () => setRoute(parseHash(location.hash));
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  return route;
}
