// What Linux tells of processes (proc(5), `/proc/pid/stat`).
import { readdirSync, readFileSync } from "node:fs";

/** Of a tick, in which times are counted: USER_HZ is 100 on every Linux that Node runs on. */
const tickMicros = 10_000;

/** The fields behind the name, which is in parentheses and may have anything in it. The first one is the third of all. */
function fieldsOf(pid: number): readonly string[] {
  const text = readFileSync(`/proc/${pid}/stat`, "utf8");
  return text.slice(text.lastIndexOf(")") + 2).split(" ");
}

/** The time that a process has used, all threads together, in microseconds. Throws if it is gone. */
export function cpuMicrosOf(pid: number): number {
  const [user, system] = fieldsOf(pid).slice(11, 13);
  return (Number(user) + Number(system)) * tickMicros;
}

/** The processes that `pid` has started and that are there. */
export function childrenOf(pid: number): number[] {
  const all = readdirSync("/proc").map(Number).filter(Number.isInteger);
  return all.filter((other) => parentOf(other) === pid);
}

/** Undefined for a process that is gone. */
function parentOf(pid: number): number | undefined {
  try {
    return Number(fieldsOf(pid)[1]);
  } catch {
    return undefined;
  }
}
