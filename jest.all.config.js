// All tests in one run, so that no core waits for the end of the first half.
import sqlite from "./jest.config.js";
import postgres from "./jest.postgres.config.js";

const { maxWorkers } = sqlite;

export default {
  projects: [sqlite, postgres].map(({ maxWorkers: _, ...project }) => project),
  maxWorkers,
  testSequencer: "<rootDir>/jest.sequencer.js",
};
