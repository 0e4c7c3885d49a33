// The setting that asks for a simulated data centre.
import { type Check, quoted } from "./check.ts";

/** How large the data centre is to be. */
export interface SimulationSize {
  readonly partitions: number;
  readonly machines: number;
}

const form = /^([1-9]\d{0,2}) partitions?,\s*([1-9]\d{0,3}) machines?$/;
/** More of them are not laid out. */
const maxPartitions = 50;

/** "2 partitions, 40 machines". */
export const simulationSize: Check<SimulationSize> = (given) => {
  const [, partitions = "", machines = ""] = form.exec(String(given)) ?? [];
  const size = { partitions: Number(partitions), machines: Number(machines) };
  if (machines !== "" && size.partitions <= maxPartitions) return { value: size };
  const remedy = `write as in "2 partitions, 40 machines", with at most ${maxPartitions} partitions`;
  return { reason: `${quoted(given)} is no size of a data centre`, remedy };
};
