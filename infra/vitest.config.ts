import { mergeConfig } from "vitest/config";
import { testConfig } from "../vitest.shared.ts";

// Concurrent tests run Terraform, which starts the provider: that takes a core and some hundred MiB each.
// cdktf calls util.isArray, of which Node would tell once for each test file.
export default mergeConfig(testConfig(), {
  test: { maxConcurrency: 2, execArgv: ["--no-deprecation"] },
});
