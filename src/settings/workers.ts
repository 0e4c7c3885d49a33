// What has to be so for several servers to work on one port.
import type { Problem } from "../domain/problem.ts";

/** What the settings say, by their names. */
export interface WorkerSettings {
  readonly workers?: number | undefined;
  readonly "database-url"?: string | undefined;
  readonly "database-url-file"?: string | undefined;
  readonly simulate?: unknown;
}

/** Each worker is a server of its own: they need a store for several servers. */
export function workerProblems(settings: WorkerSettings): Problem[] {
  const { workers = 1, simulate } = settings;
  if (workers === 1) return [];
  const alone =
    settings["database-url"] === undefined && settings["database-url-file"] === undefined;
  return [
    ...(alone
      ? [
          {
            setting: "workers",
            reason: "SQLite in the data folder is the store of one server",
            remedy: "name a PostgreSQL with database-url, or leave it at 1",
          },
        ]
      : []),
    ...(simulate === undefined
      ? []
      : [
          {
            setting: "simulate",
            reason: "the keys of simulated components are known to one server only",
            remedy: "leave workers at 1",
          },
        ]),
  ];
}
