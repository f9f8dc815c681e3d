import { mergeConfig } from "vitest/config";
import { testConfig } from "../vitest.shared.ts";

// Both files at once: each waits for Terraform, which waits for what AWS would take time for.
export default mergeConfig(testConfig({ waits: true }), { test: { maxWorkers: 2 } });
