// Drives several servers in turn, round after round, so that whatever else the machine does meets all of them.
import { type Generator, type Load, type Outcome, shape } from "./load/load.ts";
import type { Options } from "./options.ts";
import { ratioOf, type Spread, spreadOf } from "./report/spread.ts";
import type { Usage } from "./servers/gauge.ts";
import type { Http } from "./wire.ts";

/** One of those that are compared. */
export interface Entrant {
  readonly name: string;
  readonly server: { usage(): Promise<Pick<Usage, "cpuMicros">> };
  readonly load: Omit<Load, "seconds">;
  readonly generator: Generator;
  /** The bytes of one answer, if they are known. A server that answers anything else is not measured. */
  readonly answerBytes?: number;
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
  options: Pick<Options, "rounds" | "seconds" | "warmUpCalls">,
): Promise<Comparison[]> {
  const { rounds, seconds } = options;
  for (const entrant of entrants) await warmUp(entrant, options);
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

/** A server that cannot be called so often until then is as warm as it gets. */
const warmUpLimitMs = 15_000;

/**
 * Drives a server before anything counts: by calls, because whatever is compiled when it is used often is compiled after
 * so many of them, and a few seconds mean little on a busy machine.
 */
export async function warmUp(
  entrant: Omit<Entrant, "server">,
  { seconds, warmUpCalls }: Pick<Options, "seconds" | "warmUpCalls">,
): Promise<void> {
  const untilMs = performance.now() + warmUpLimitMs;
  for (let done = 0; done < warmUpCalls && performance.now() < untilMs; )
    done += (await drive(entrant, seconds)).calls;
}

async function measure(entrant: Entrant, seconds: number): Promise<Round> {
  const { server } = entrant;
  const before = await server.usage();
  const outcome = await drive(entrant, seconds);
  const after = await server.usage();
  // A busy machine may not get to a single answer.
  if (outcome.calls === 0) return measure(entrant, seconds * 2);
  return {
    callsPerSecond: outcome.calls / outcome.seconds,
    cpuMicros: (after.cpuMicros - before.cpuMicros) / outcome.calls,
  };
}

/** Drives a server and makes sure that it does what it should. */
async function drive(entrant: Omit<Entrant, "server">, seconds: number): Promise<Outcome> {
  const { name, load, generator, answerBytes } = entrant;
  const outcome = await generator({ ...load, seconds });
  const { calls, failed, bytes } = outcome;
  if (failed > 0) throw new Error(`${name}: ${failed} of ${calls} calls failed`);
  const cut = answerBytes === undefined ? 0 : bytes / answerBytes - calls;
  if (cut < 0 || cut > inFlight(load.http))
    throw new Error(`${name}: ${calls} answers have ${bytes} bytes, not ${answerBytes} each`);
  return outcome;
}

/** At the end of a round, the generator may go away from so many answers. */
const inFlight = (http: Http) => shape[http].connections * shape[http].calls;
