// MachineService.Watch: the machines that match, and then every change of them. Where it goes on after an interruption
// stands in a token, and what happened in between in the store, so that nothing is missed by whoever comes back.
import { create } from "@bufbuild/protobuf";
import {
  type Machine,
  MachineChangeKind,
  type MachineServiceWatchRequest,
  type MachineServiceWatchResponse,
  MachineServiceWatchResponseSchema,
} from "../../../gen/metal/v1/machine_pb.ts";
import { viewMachine, viewMachines } from "../../domain/machine-view.ts";
import { readToken, writeToken } from "../../domain/token.ts";
import type { Filter } from "../../store/store.ts";
import { Bell } from "../bell.ts";
import type { MachineDeps } from "./deps.ts";
import { machineFilter } from "./filter.ts";
import { type Move, movesOf, type Outcome, Told } from "./move.ts";

type Response = MachineServiceWatchResponse;

/** What a stream works with. */
interface Stream {
  readonly deps: MachineDeps;
  readonly where: Filter<"machine">;
  readonly signal: AbortSignal;
  readonly told: Told;
}

/** Where a stream goes on. */
interface Position {
  /** The number of the last change that was told. */
  readonly seq: number;
  /** The last machine of the beginning that was told; absent when all were. */
  readonly after?: string;
}

/** Streams what `request` asks for until the signal aborts, whose reason it throws. Throws out_of_range. */
export async function* watchMachines(
  deps: MachineDeps,
  request: MachineServiceWatchRequest,
  signal: AbortSignal,
): AsyncGenerator<Response> {
  const where = machineFilter(request);
  const resumed = positionOf(request.resumeToken, where);
  const { seq, after } = resumed ?? { seq: await deps.changes.head(), after: "" };
  const told = new Told(where, resumed === undefined);
  const stream = { deps, where, signal, told };
  if (after !== undefined) yield* beginning(stream, { seq, after });
  yield* following(stream, seq);
}

function positionOf(token: string, where: Filter<"machine">): Position | undefined {
  return readToken(where, {
    field: "resume_token",
    token,
    source: "a stream",
    parse: (position) => {
      const [seq, after] = Array.isArray(position) ? (position as unknown[]) : [];
      if (typeof seq !== "number" || !Number.isSafeInteger(seq) || seq < 0) return undefined;
      return typeof after === "string" ? { seq, after } : { seq };
    },
  });
}

const tokenOf = ({ where }: Stream, ...position: readonly (number | string)[]): string =>
  writeToken(where, position);

/** So many machines are read together. */
const pageSize = 200;

async function* beginning(stream: Stream, { seq, after = "" }: Position): AsyncGenerator<Response> {
  const { deps, where, told } = stream;
  for (let last: string | undefined = after; last !== undefined; ) {
    const page: readonly Machine[] = await deps.read.machine.peekList({
      where,
      after: last,
      limit: pageSize,
    });
    for (const machine of await viewMachines(deps.read, page)) {
      told.add(machine.id);
      const resumeToken = tokenOf(stream, seq, machine.id);
      yield response(MachineChangeKind.ADDED, { machine, resumeToken });
    }
    last = page.length === pageSize ? page.at(-1)?.id : undefined;
  }
}

/** How often a stream says that nothing was left out, in milliseconds. */
const syncedMs = 15_000;
/** How long after a commit by another replica it is noticed at the latest, in milliseconds. */
const pollMs = 1_000;
/** So many changes are read together. */
const changesAtOnce = 500;

async function* following(stream: Stream, start: number): AsyncGenerator<Response> {
  const { changes } = stream.deps;
  const bell = new Bell();
  const stop = changes.onCommit(() => bell.ring());
  try {
    let seq = start;
    let syncedAt = Number.NEGATIVE_INFINITY;
    for (;;) {
      const page = await changes.after(seq, changesAtOnce);
      yield* moved(stream, seq, movesOf(page));
      seq = page.at(-1)?.seq ?? seq;
      if (page.length === changesAtOnce) continue;
      if (performance.now() - syncedAt >= syncedMs) {
        syncedAt = performance.now();
        yield response(MachineChangeKind.SYNCED, { resumeToken: tokenOf(stream, seq) });
      }
      await quiet(bell, stream.signal);
    }
  } finally {
    stop();
  }
}

/** Commits come in swarms: so long after one, those that follow are waited for, in milliseconds. */
const swarmMs = 50;

async function quiet(bell: Bell, signal: AbortSignal): Promise<void> {
  if (!(await bell.heard(pollMs, signal))) return;
  await new Promise((resolve) => setTimeout(resolve, swarmMs));
}

/** Tells of moves, in the order of their last changes. */
async function* moved(
  stream: Stream,
  seq: number,
  moves: readonly Move[],
): AsyncGenerator<Response> {
  const outcomes: Outcome[] = [];
  for (const move of moves) {
    const now = await stream.deps.read.machine.peek(move.id);
    const outcome = stream.told.judge(move, now);
    if (outcome !== undefined) outcomes.push(outcome);
  }
  for (const [index, { kind, machine }] of outcomes.entries()) {
    const open = outcomes.slice(index + 1).map(({ firstSeq }) => firstSeq - 1);
    const resumeToken = tokenOf(stream, Math.max(Math.min(...open, lastOf(moves)), seq));
    yield response(kind, { machine: await viewMachine(stream.deps.read, machine), resumeToken });
  }
}

const lastOf = (moves: readonly Move[]): number => Math.max(...moves.map(({ lastSeq }) => lastSeq));

function response(
  kind: MachineChangeKind,
  values: { readonly machine?: Machine; readonly resumeToken: string },
): Response {
  return create(MachineServiceWatchResponseSchema, { kind, ...values });
}
