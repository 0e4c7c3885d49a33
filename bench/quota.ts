// Holds processes to a share of a core each, so that a machine of few cores has room for all that are measured.
import { mkdirSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** In microseconds. */
const periodMicros = 10_000;

interface Layout {
  readonly root: string;
  /** What is written into which file for so many microseconds of each period. */
  readonly limits: (micros: number) => Readonly<Record<string, string>>;
}

/** How the two versions of Linux's control groups are told. */
const layouts: readonly Layout[] = [
  {
    root: "/sys/fs/cgroup/cpu",
    limits: (micros) => ({
      "cpu.cfs_period_us": `${periodMicros}`,
      "cpu.cfs_quota_us": `${micros}`,
    }),
  },
  {
    root: "/sys/fs/cgroup",
    limits: (micros) => ({ "cpu.max": `${micros} ${periodMicros}` }),
  },
];

/** A quota of `share` of a core, at most 1; undefined where the system does not let this process limit others. */
export function openQuota(share: number): Quota | undefined {
  const micros = Math.round(share * periodMicros);
  const layout = layouts.find((each) => canLimit(each, micros));
  return layout && new Quota(layout, micros);
}

/** Gives each process that it holds the same share of a core. The processes must have ended before it is disposed. */
class Quota implements Disposable {
  readonly #layout: Layout;
  readonly #micros: number;
  readonly #groups = new DisposableStack();

  constructor(layout: Layout, micros: number) {
    this.#layout = layout;
    this.#micros = micros;
  }

  hold(pid: number): void {
    const group = this.#groups.use(new Group(this.#layout, `${pid}`, this.#micros));
    writeFileSync(join(group.path, "cgroup.procs"), `${pid}`);
  }

  [Symbol.dispose](): void {
    this.#groups.dispose();
  }
}

/** A control group of this benchmark's own. */
class Group implements Disposable {
  readonly path: string;

  constructor({ root, limits }: Layout, name: string, micros: number) {
    this.path = join(root, `metal-bench-${name}`);
    mkdirSync(this.path);
    for (const [file, value] of Object.entries(limits(micros)))
      writeFileSync(join(this.path, file), value);
  }

  [Symbol.dispose](): void {
    rmdirSync(this.path);
  }
}

function canLimit(layout: Layout, micros: number): boolean {
  try {
    using _ = new Group(layout, `of-${process.pid}`, micros);
    return true;
  } catch {
    return false;
  }
}
