import { constants, setPriority } from "node:os";
import { testConfig } from "../vitest.shared.ts";

// Building images takes all the processor time there is: what runs beside it, and mostly waits, goes first.
setPriority(constants.priority.PRIORITY_BELOW_NORMAL);

export default testConfig();
