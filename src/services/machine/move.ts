// What changes of machines mean to one who watches some of them.
import { type Machine, MachineChangeKind } from "../../../gen/metal/v1/machine_pb.ts";
import { fulfils } from "../../domain/fulfils.ts";
import type { Change } from "../../store/changes.ts";
import type { Filter } from "../../store/store.ts";

/** All that happened to one machine in a row of changes. */
export interface Move {
  readonly id: string;
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** What the machine was before; undefined if it did not exist. Only its history changed if this is absent. */
  readonly before?: { readonly machine: Machine | undefined };
  /** What the machine was last, as far as the changes tell. */
  readonly last?: Machine;
}

/** The moves of machines, in the order of their last changes. */
export function movesOf(changes: readonly Change[]): Move[] {
  const moves = new Map<string, Move>();
  for (const change of changes) {
    if (change.kind !== "machine" && change.kind !== "machineHistory") continue;
    const known = moves.get(change.id);
    // Again at the end: the order of a map is that of its insertions.
    moves.delete(change.id);
    const { id, seq } = change;
    moves.set(id, joined(known ?? { id, firstSeq: seq, lastSeq: seq }, change));
  }
  return [...moves.values()];
}

function joined({ id, firstSeq, before, last }: Move, change: Change): Move {
  const move = { id, firstSeq, lastSeq: change.seq };
  if (change.kind !== "machine")
    return { ...move, ...(before && { before }), ...(last && { last }) };
  const machine = change.before as Machine | undefined;
  const latest = machine ?? last;
  return { ...move, before: before ?? { machine }, ...(latest && { last: latest }) };
}

/** What is told of a move. */
export interface Outcome {
  readonly kind: MachineChangeKind;
  readonly machine: Machine;
  readonly firstSeq: number;
}

/** Remembers which machines somebody was told of, to tell the next change of each rightly. */
export class Told {
  readonly #where: Filter<"machine">;
  readonly #ids = new Set<string>();
  readonly #isComplete: boolean;

  /** Complete: nobody was told of anything before. Else the changes themselves say what was told. */
  constructor(where: Filter<"machine">, isComplete: boolean) {
    this.#where = where;
    this.#isComplete = isComplete;
  }

  add(id: string): void {
    this.#ids.add(id);
  }

  /** What to tell of a machine that is `now`; undefined if nothing, because it was and is none of those asked for. */
  judge(move: Move, now: Machine | undefined): Outcome | undefined {
    const { id, firstSeq } = move;
    const matches = this.#matches(now);
    const wasTold = this.#wasTold(move, matches);
    if (matches && now !== undefined) {
      this.#ids.add(id);
      const kind = wasTold ? MachineChangeKind.CHANGED : MachineChangeKind.ADDED;
      return { kind, machine: now, firstSeq };
    }
    this.#ids.delete(id);
    const machine = now ?? move.last;
    if (!wasTold || machine === undefined) return undefined;
    return { kind: MachineChangeKind.REMOVED, machine, firstSeq };
  }

  #wasTold({ id, before }: Move, matches: boolean): boolean {
    if (this.#ids.has(id)) return true;
    if (this.#isComplete) return false;
    return before === undefined ? matches : this.#matches(before.machine);
  }

  #matches(machine: Machine | undefined): boolean {
    return machine !== undefined && fulfils("machine", machine, this.#where);
  }
}
