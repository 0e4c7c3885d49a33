// Node loads tests as it loads everything else (jest.runtime.js), hence the empty `transform`.
import { availableParallelism } from "node:os";

export default {
  runtime: "<rootDir>/jest.runtime.js",
  testEnvironment: "<rootDir>/jest.environment.js",
  transform: {},
  testMatch: ["<rootDir>/test/**/*.test.ts"],
  // Says that a test hangs, not how fast it has to be: machines that run tests may be busy.
  testTimeout: 60_000,
  // Many tests wait for processes and for time to pass; meanwhile others can use the cores.
  maxWorkers: Math.ceil(availableParallelism() * 1.5),
  globalSetup: "<rootDir>/jest.setup.js",
  globalTeardown: "<rootDir>/jest.teardown.js",
};
