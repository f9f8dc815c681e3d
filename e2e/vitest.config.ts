import { mergeConfig } from "vitest/config";
import { testConfig } from "../vitest.shared.ts";

// Both files at once: each mostly waits for Terraform.
export default mergeConfig(testConfig({ waits: true }), { test: { maxWorkers: 2 } });
