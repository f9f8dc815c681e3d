/** The fake of Athena keeps to what runs rely on. Athena's API over Trino has the same tests (readers/). */
import { FakeAthena } from "../support/fake-athena.ts";
import { scratch } from "../support/lake.ts";
import { MemoryStore } from "../support/memory-store.ts";
import { queryServiceSuite } from "../support/query-service-suite.ts";

const gold = new MemoryStore("gold");
const service = new FakeAthena(gold, scratch);

queryServiceSuite(async () => ({
  service,
  gold,
  refuseOnce: () => {
    service.busy = 1;
  },
  hold: () => {
    service.isHeld = true;
    return () => {
      service.isHeld = false;
    };
  },
}));
