// What `npm run bench` can be told.
import { parseArgs } from "node:util";

/** How to measure. */
export interface Options {
  /** The workloads to run, in the order of the table; all of them if it is empty. */
  readonly only: readonly string[];
  readonly rounds: number;
  /** How long one server is driven in one round. */
  readonly seconds: number;
  /** How often each server is called before anything counts. */
  readonly warmUpCalls: number;
  /** How many calls the soak makes. */
  readonly soakCalls: number;
  /** How many streams are open at a time. */
  readonly streams: number;
  /** Prints tables as Markdown. */
  readonly markdown: boolean;
  /** The file for everything that was measured. */
  readonly json?: string;
}

/** A name for the command line, and what it stands for. */
export interface Named {
  readonly name: string;
  readonly meaning: string;
}

const flags = {
  only: { type: "string", multiple: true },
  rounds: { type: "string", default: "5" },
  seconds: { type: "string", default: "3" },
  "warm-up": { type: "string", default: "10000" },
  "soak-calls": { type: "string", default: "1000000" },
  streams: { type: "string", default: "1000" },
  markdown: { type: "boolean", default: false },
  json: { type: "string" },
  help: { type: "boolean", default: false },
} as const;

/** What `--help` prints. */
export function helpText(workloads: readonly Named[]): string {
  const width = Math.max(...workloads.map(({ name }) => name.length));
  return `Usage: npm run bench -- [OPTION]...

Starts metal-connect with everything on and bare servers beside it, drives them in turn, and prints what a call costs.

  --only WORKLOAD    Only this one; may be given several times. All of them otherwise.
  --rounds N         How often each server is driven. Default: ${flags.rounds.default}
  --seconds S        How long, each time. Default: ${flags.seconds.default}
  --warm-up N        How often it is called before anything counts. Default: ${flags["warm-up"].default}
  --soak-calls N     How many calls the soak makes. Default: ${flags["soak-calls"].default}
  --streams N        How many streams watch machines. Default: ${flags.streams.default}
  --markdown         Print tables as Markdown.
  --json FILE        Also write everything that was measured to this file.
  --help             Print this and stop.

Workloads:
${workloads.map(({ name, meaning }) => `  ${name.padEnd(width)}  ${meaning}`).join("\n")}

bench/README.md says how to read the figures.
`;
}

/** The options in `argv`; undefined if it asks for help. Throws Error if one is wrong. */
export function readOptions(
  argv: readonly string[],
  workloads: readonly Named[],
): Options | undefined {
  const { values } = parseArgs({ args: [...argv], options: flags });
  if (values.help) return undefined;
  const { only = [], markdown, json } = values;
  const unknown = only.filter((name) => !workloads.some((each) => each.name === name));
  if (unknown.length > 0) throw new Error(`there is no workload "${unknown.join('", "')}"`);
  return {
    only,
    rounds: Math.ceil(above0("rounds", values.rounds)),
    seconds: above0("seconds", values.seconds),
    warmUpCalls: above0("warm-up", values["warm-up"]),
    soakCalls: above0("soak-calls", values["soak-calls"]),
    streams: Math.ceil(above0("streams", values.streams)),
    markdown,
    ...(json !== undefined && { json }),
  };
}

function above0(name: string, given: string): number {
  const number = Number(given);
  if (number > 0 && Number.isFinite(number)) return number;
  throw new Error(`--${name} takes a number above 0, not "${given}"`);
}
