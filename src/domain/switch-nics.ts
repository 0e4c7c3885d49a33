// What becomes of the ports of a switch when it registers again, as it does at each start of its agent.
import { invalid, precondition } from "./errors.ts";
import { type Connection, type Port, portKey, type SwitchNic } from "./switch-facts.ts";

/** Throws invalid_argument if two ports have the same identifier or the same name; `field` is where they stand. */
export function assertDistinctNics(field: string, nics: readonly Port[]): void {
  const seen = new Map<string, number>();
  for (const [index, nic] of nics.entries())
    for (const [what, value] of [
      ["identifier", portKey(nic)],
      ["name", nic.name],
    ]) {
      const earlier = seen.get(`${what} ${value}`);
      if (earlier !== undefined)
        throw invalid(`${field}[${index}].${what}: ${field}[${earlier}] has "${value}" already`);
      seen.set(`${what} ${value}`, index);
    }
}

/**
 * The ports of a switch that is known: those that it sent, in that order. Of a port that was there before only the name
 * is new; what the data centre made of it stays. Throws failed_precondition if a port that a machine is plugged into
 * is missing or has another name: cables do not move by registering.
 */
export function mergeNics<N extends SwitchNic>(
  known: readonly N[],
  sent: readonly N[],
  connections: readonly Connection<N>[],
): N[] {
  const sentByKey = new Map(sent.map((nic) => [portKey(nic), nic]));
  const reasons = connections
    .map(({ nic, machineId }) => lossReason(nic, sentByKey.get(portKey(nic)), machineId))
    .filter((reason) => reason !== undefined);
  if (reasons.length > 0) throw precondition(reasons.join("; "));
  const knownByKey = new Map(known.map((nic) => [portKey(nic), nic]));
  return sent.map((nic) => {
    const before = knownByKey.get(portKey(nic));
    return before === undefined ? nic : { ...before, name: nic.name };
  });
}

function lossReason(nic: Port, sent: Port | undefined, machineId: string): string | undefined {
  if (sent === undefined)
    return `port "${nic.name}" is missing, and machine "${machineId}" is plugged into it`;
  if (sent.name === nic.name) return undefined;
  return `port "${nic.name}" is now "${sent.name}", and machine "${machineId}" is plugged into it`;
}
