// The tests that use a whole store, again on PostgreSQL: the services, the audit, and what is about all RPCs at once.
import base from "./jest.config.js";

export default {
  ...base,
  displayName: "postgres",
  setupFiles: ["<rootDir>/jest.postgres.setup.js"],
  testMatch: [
    "<rootDir>/test/{services,audit}/**/*.test.ts",
    "<rootDir>/test/whole/{matrix,entities}.test.ts",
  ],
  // These keep nothing, or open the store that they want themselves.
  testPathIgnorePatterns: [
    "/services/(reflection|grpc-health|version|firmware/upload|user/(seal|replicas))",
    "/audit/(flood|redact|verify)",
  ],
};
