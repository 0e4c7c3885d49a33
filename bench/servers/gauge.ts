// Loaded before a server's own code: tells whoever started the process what it has used, as often as it is asked.
import { existsSync, readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** What a process has used since it started, and what it holds. */
export interface Usage {
  /** In microseconds, all threads together. */
  readonly cpuMicros: number;
  /** In bytes. */
  readonly rss: number;
  /** What is alive of the heap and beside it, in bytes, after a collection of garbage if that was asked for. */
  readonly heapUsed: number;
  readonly external: number;
  /** What it has read from files and sockets, in bytes; undefined where the system does not say. */
  readonly readBytes?: number;
}

/** What is asked: the use as it is, or when garbage was collected. */
export type Question = "usage" | "usage without garbage";

function usage(): Usage {
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed, external } = process.memoryUsage();
  return { cpuMicros: user + system, rss, heapUsed, external, ...readSoFar() };
}

/** Linux counts what a process reads: proc(5), `/proc/self/io`. */
const counts = "/proc/self/io";

function readSoFar(): Pick<Usage, "readBytes"> {
  if (!existsSync(counts)) return {};
  const found = /^rchar: (\d+)$/m.exec(readFileSync(counts, "utf8"))?.[1];
  return { readBytes: Number(found) };
}

function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
}

process.on("message", (question: unknown) => {
  if (question === "usage without garbage") collectGarbage();
  if (question === "usage" || question === "usage without garbage") process.send?.(usage());
});
process.channel?.unref();
// Without whoever started it, nobody would end it.
process.on("disconnect", () => process.exit());
