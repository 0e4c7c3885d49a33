// The streams of this process on which machines wait. One look at the changes in the store serves all of them, and finds
// also what other replicas allocated; one transaction now and then says of all of them that they live.
import { Code, ConnectError } from "@connectrpc/connect";
import { renewWait } from "../../domain/machine-wait.ts";
import type { Store } from "../../store/store.ts";
import { Bell } from "../bell.ts";

/** What a waiting room is made of. Times in milliseconds. */
export interface WaitingRoomOptions {
  readonly store: Pick<Store, "changes" | "transaction">;
  readonly log: { error(fields: object, message: string): void };
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** How long after a commit by another replica it is noticed at the latest. */
  readonly pollMs?: number;
  /** How often streams say that they live; much less than `waitMs` of machine-wait.ts. */
  readonly renewMs?: number;
}

/** Where streams wait for their machines to change. */
export interface WaitingRoom {
  /** A bell that rings when the machine may have changed, until it is left. Several may wait for one machine. */
  enter(machineId: string): Promise<Seat>;
  /** Waits for what is under way. Whoever still waits hears nothing any more. */
  stop(): Promise<void>;
}

/** The place of one stream. */
export interface Seat extends Disposable {
  readonly bell: Bell;
}

const defaultPollMs = 1_000;
const defaultRenewMs = 20_000;
/** So many changes are read at a time. */
const pageSize = 500;
/** So many waits are renewed in one transaction, so that others get their turn. */
const batchSize = 100;

/** Opens a waiting room. */
export function createWaitingRoom(options: WaitingRoomOptions): WaitingRoom {
  const room = new Room(options);
  const { changes } = options.store;
  const stopListening = changes.onCommit(() => room.look());
  const timers = [
    setInterval(() => room.look(), options.pollMs ?? defaultPollMs),
    setInterval(() => room.renew(), options.renewMs ?? defaultRenewMs),
  ];
  for (const timer of timers) timer.unref();
  return {
    enter: (machineId) => room.enter(machineId),
    stop: () => {
      stopListening();
      for (const timer of timers) clearInterval(timer);
      return room.settled();
    },
  };
}

class Room {
  readonly #options: WaitingRoomOptions;
  readonly #seats = new Map<string, Set<Bell>>();
  /** The number of the last change that was looked at; undefined if nobody has waited yet. */
  #seq: number | undefined;
  #looking: Promise<void> | undefined;
  #lookAgain = false;
  #renewing: Promise<void> | undefined;

  constructor(options: WaitingRoomOptions) {
    this.#options = options;
  }

  async enter(machineId: string): Promise<Seat> {
    this.#seq ??= await this.#options.store.changes.head();
    const bell = new Bell();
    const bells = this.#seats.get(machineId) ?? new Set();
    this.#seats.set(machineId, bells.add(bell));
    return { bell, [Symbol.dispose]: () => this.#leave(machineId, bell) };
  }

  #leave(machineId: string, bell: Bell): void {
    const bells = this.#seats.get(machineId);
    bells?.delete(bell);
    if (bells?.size === 0) this.#seats.delete(machineId);
  }

  /** Looks for changes, and once more if something was committed meanwhile. */
  look(): void {
    if (this.#seq === undefined) return;
    this.#lookAgain = true;
    this.#looking ??= this.#lookWhileAsked().finally(() => {
      this.#looking = undefined;
    });
  }

  async #lookWhileAsked(): Promise<void> {
    while (this.#lookAgain) {
      this.#lookAgain = false;
      try {
        await this.#follow();
      } catch (error) {
        await this.#recover(error);
      }
    }
  }

  async #follow(): Promise<void> {
    for (;;) {
      const page = await this.#options.store.changes.after(this.#seq ?? 0, pageSize);
      for (const { kind, id } of page) if (kind === "machine") this.#ring(id);
      this.#seq = page.at(-1)?.seq ?? this.#seq;
      if (page.length < pageSize) return;
    }
  }

  #ring(machineId: string): void {
    for (const bell of this.#seats.get(machineId) ?? []) bell.ring();
  }

  /** Who was left behind by what the store forgets looks for itself; anything else passes, or not. */
  async #recover(error: unknown): Promise<void> {
    const { log, store } = this.#options;
    if (!(error instanceof ConnectError && error.code === Code.OutOfRange)) {
      log.error({ err: error }, "machines that wait are not followed");
      return;
    }
    this.#seq = await store.changes.head().catch(() => this.#seq);
    for (const machineId of this.#seats.keys()) this.#ring(machineId);
  }

  /** Says of all streams that they live, unless it is being said. */
  renew(): void {
    this.#renewing ??= this.#renewAll()
      .catch((error: unknown) =>
        this.#options.log.error({ err: error }, "machines that wait may be taken for gone"),
      )
      .finally(() => {
        this.#renewing = undefined;
      });
  }

  async #renewAll(): Promise<void> {
    const { store, now } = this.#options;
    const ids = [...this.#seats.keys()];
    for (let start = 0; start < ids.length; start += batchSize) {
      const batch = ids.slice(start, start + batchSize);
      await store.transaction(async (tx) => {
        for (const id of batch) await renewWait(tx, id, now());
      });
    }
  }

  async settled(): Promise<void> {
    await Promise.all([this.#looking, this.#renewing]);
  }
}
