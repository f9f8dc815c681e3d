import { mergeConfig } from "vitest/config";
import { testConfig } from "../vitest.shared.ts";

// Concurrent tests run Terraform, which starts the provider: that takes a core and some hundred MiB each.
export default mergeConfig(testConfig(), { test: { maxConcurrency: 2 } });
