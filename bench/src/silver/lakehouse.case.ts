/** This project: the bundled Lambda handler on a lake in a directory (LAKEHOUSE_LAKE). */
import { serve } from "../child/serve.ts";

type Handler = (event: unknown, context: unknown) => Promise<{ rows: number; quarantined: number }>;

const bundle = new URL("../../../packages/bronze-silver/dist-testing/handler.mjs", import.meta.url);
const { handler } = (await import(bundle.href)) as { handler: Handler };

serve(async (key) => {
  const { rows, quarantined } = await handler(
    { keys: [key] },
    { getRemainingTimeInMillis: () => 900_000 },
  );
  return { rows, quarantined };
});
