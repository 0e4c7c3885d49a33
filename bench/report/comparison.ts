// A comparison as a table.
import type { Comparison } from "../compare.ts";
import type { Column, Table } from "./table.ts";

const columns: readonly Column[] = [
  { key: "name", head: "" },
  { key: "callsPerSecond", head: "calls/s" },
  { key: "cpuMicros", head: "µs CPU/call", digits: 1 },
  { key: "firstByThis", head: "calls: first ÷ this", digits: 2 },
  { key: "cpuThisByFirst", head: "CPU: this ÷ first", digits: 2 },
];

/** The table: a row for each entrant, the first one compared with all. */
export const comparisonTable = (title: string, rows: readonly Comparison[]): Table => ({
  title,
  columns,
  rows: rows.map((row) => ({ ...row })),
});
