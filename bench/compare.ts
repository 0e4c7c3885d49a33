// Drives several servers in turn, round after round, so that whatever else the machine does meets all of them.
import { type Generator, type Load, shape } from "./load/load.ts";
import type { Options } from "./options.ts";
import { ratioOf, type Spread, spreadOf } from "./report/spread.ts";
import type { ServerProcess } from "./server-process.ts";
import type { Http } from "./wire.ts";

/** One of those that are compared. */
export interface Entrant {
  readonly name: string;
  readonly server: Pick<ServerProcess, "usage">;
  readonly load: Omit<Load, "seconds">;
  readonly generator: Generator;
  /** The bytes of one answer. A server that answers anything else is not measured. */
  readonly answerBytes: number;
}

/** What a round says of a server. */
interface Round {
  readonly callsPerSecond: number;
  /** Of the server, for each call. */
  readonly cpuMicros: number;
}

/** What all rounds say of it. */
export interface Comparison {
  readonly name: string;
  readonly callsPerSecond: Spread;
  readonly cpuMicros: Spread;
  /** How often the first entrant answers while this one answers once. Above 1, the first one is faster. */
  readonly firstByThis: Spread;
  /** The CPU time of this one for that of the first. Above 1, the first one is cheaper. */
  readonly cpuThisByFirst: Spread;
}

/** Compares the first entrant with the others. Throws if one of them answers anything else than it should. */
export async function compare(
  entrants: readonly Entrant[],
  { rounds, seconds, warmUpSeconds }: Pick<Options, "rounds" | "seconds" | "warmUpSeconds">,
): Promise<Comparison[]> {
  for (const entrant of entrants) await measure(entrant, warmUpSeconds);
  const measured = entrants.map((): Round[] => []);
  for (let round = 0; round < rounds; round += 1)
    for (const [at, entrant] of entrants.entries())
      measured[at]?.push(await measure(entrant, seconds));
  const [first = []] = measured;
  return measured.map((found, at) => ({
    name: entrants[at]?.name ?? "",
    callsPerSecond: spreadOf(found.map(callsOf)),
    cpuMicros: spreadOf(found.map(cpuOf)),
    firstByThis: ratioOf(first.map(callsOf), found.map(callsOf)),
    cpuThisByFirst: ratioOf(found.map(cpuOf), first.map(cpuOf)),
  }));
}

const callsOf = ({ callsPerSecond }: Round) => callsPerSecond;
const cpuOf = ({ cpuMicros }: Round) => cpuMicros;

/** So many answers are cut at the end of a round. */
const inFlight = (http: Http) => shape[http].connections * shape[http].calls;

async function measure(entrant: Entrant, seconds: number): Promise<Round> {
  const { name, server, load, generator, answerBytes } = entrant;
  const before = await server.usage();
  const outcome = await generator({ ...load, seconds });
  const after = await server.usage();
  const { calls, failed, bytes } = outcome;
  if (calls === 0 || failed > 0) throw new Error(`${name}: ${failed} of ${calls} calls failed`);
  const surplus = bytes / answerBytes - calls;
  if (surplus < 0 || surplus > inFlight(load.http))
    throw new Error(`${name}: ${calls} answers have ${bytes} bytes, not ${answerBytes} each`);
  const cpuMicros = (after.cpuMicros - before.cpuMicros) / calls;
  return { callsPerSecond: calls / outcome.seconds, cpuMicros };
}
