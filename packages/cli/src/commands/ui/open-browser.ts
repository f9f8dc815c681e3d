/** Opens an address in the user's browser. */
import open from "open";

/** It is no error if there is no browser: the address is printed, too. */
export async function openBrowser(address: string): Promise<void> {
  const browser = await open(address).catch(() => undefined);
  browser?.once("error", () => {});
}
