// Holds processes to a share of a core each, so that a machine of few cores has room for all that are measured.
import { mkdirSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** In microseconds. */
const periodMicros = 10_000;

/** How the two versions of Linux's control groups are told. */
const layouts = [
  {
    root: "/sys/fs/cgroup/cpu",
    limits: (micros: number) => ({
      "cpu.cfs_period_us": `${periodMicros}`,
      "cpu.cfs_quota_us": `${micros}`,
    }),
  },
  {
    root: "/sys/fs/cgroup",
    limits: (micros: number) => ({ "cpu.max": `${micros} ${periodMicros}` }),
  },
] as const;

/** Gives each process `share` of a core, at most 1, until it is disposed. Throws Error where the system does not let it. */
export function hold(pids: readonly number[], share: number): Disposable {
  const problems: string[] = [];
  for (const layout of layouts)
    try {
      return holdUnder(layout, pids, share);
    } catch (error) {
      problems.push(String(error));
    }
  throw new Error(`processes cannot be held to a share of a core: ${problems.join("; ")}`);
}

function holdUnder(
  { root, limits }: (typeof layouts)[number],
  pids: readonly number[],
  share: number,
): Disposable {
  using stack = new DisposableStack();
  for (const pid of pids) {
    const group = join(root, `metal-bench-${pid}`);
    mkdirSync(group);
    stack.defer(() => rmdirSync(group));
    for (const [file, value] of Object.entries(limits(Math.round(share * periodMicros))))
      writeFileSync(join(group, file), value);
    const assign = (to: string) => writeFileSync(join(to, "cgroup.procs"), `${pid}`);
    assign(group);
    stack.defer(() => assign(root));
  }
  return stack.move();
}
