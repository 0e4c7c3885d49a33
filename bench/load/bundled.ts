// The bundled generator: what h2load does, and what it does not: it signs each call, keeps a pace, and tells latencies.
import { fork } from "node:child_process";
import { once } from "node:events";
import { setPriority } from "node:os";
import { join } from "node:path";
import { type Generator, type Load, niceness, type Outcome } from "./load.ts";

/** A generator with a process of its own. Use with `using`. */
export interface Bundled extends Disposable {
  readonly generator: Generator;
}

/** Starts the process, which stays warm from one load to the next. */
export function startBundled(): Bundled {
  const child = fork(join(import.meta.dirname, "client.ts"), { serialization: "advanced" });
  if (child.pid !== undefined) setPriority(child.pid, niceness);
  return {
    generator: async (load: Load) => {
      const failed = new AbortController();
      const onExit = () => failed.abort(new Error("the load generator has failed"));
      child.once("exit", onExit).send(load);
      const [outcome] = (await once(child, "message", failed)) as [Outcome];
      child.off("exit", onExit);
      return outcome;
    },
    [Symbol.dispose]: () => void child.kill(),
  };
}
