// When several servers may work on one port.
import { expect, test } from "@jest/globals";
import { type WorkerSettings, workerProblems } from "../../src/settings/workers.ts";

const database = { "database-url": "postgres://metal@db/metal" };

test.each<[WorkerSettings, string[]]>([
  [{}, []],
  [{ workers: 1, simulate: {} }, []],
  [{ workers: 2 }, ["workers"]],
  [{ workers: 2, ...database }, []],
  [{ workers: 2, "database-url-file": "/run/secrets/database" }, []],
  [{ workers: 2, ...database, simulate: {} }, ["simulate"]],
  [{ workers: 2, simulate: {} }, ["workers", "simulate"]],
])("%j has problems with %j", (settings, expected) => {
  expect(workerProblems(settings).map(({ setting }) => setting)).toEqual(expected);
});
