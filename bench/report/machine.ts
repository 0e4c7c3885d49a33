// Where figures come from: without it they say nothing.
import { availableParallelism, cpus, loadavg, release, totalmem, type } from "node:os";

/** The machine in one line, and how busy it was already. */
export function machine(): string {
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  const model = cpus()[0]?.model.trim() ?? "unknown";
  const load = loadavg()[0]?.toFixed(1);
  return `${availableParallelism()} × ${model}, ${memory}, ${type()} ${release()}, Node ${process.version}, load ${load}`;
}
