import { mergeConfig } from "vitest/config";
import { testConfig } from "../vitest.shared.ts";

// Terraform starts the provider, which takes a core and some hundred MiB for each concurrent test.
// cdktf calls util.isArray. Node would print a deprecation warning for each test file.
export default mergeConfig(testConfig(), {
  test: {
    maxConcurrency: 2,
    execArgv: ["--no-deprecation"],
    setupFiles: ["test/support/no-stack-traces.ts"],
  },
});
