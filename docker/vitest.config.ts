import { setPriority } from "node:os";
import { testConfig } from "../vitest.shared.ts";

// Building images takes all the processor time there is: what runs beside it, and mostly waits, goes first.
setPriority(5);

export default testConfig();
