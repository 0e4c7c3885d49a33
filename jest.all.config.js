// All tests in one run, so that no core waits for the end of the first half.
import sqlite from "./jest.config.js";
import postgres from "./jest.postgres.config.js";

// What holds for a run as a whole is not heeded in its projects.
const { maxWorkers, testTimeout } = sqlite;

export default {
  projects: [sqlite, postgres].map(({ maxWorkers: _, testTimeout: __, ...project }) => project),
  maxWorkers,
  testTimeout,
  testSequencer: "<rootDir>/jest.sequencer.js",
};
