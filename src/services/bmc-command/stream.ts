// The streams that commands are sent on: each asks the store for what is to be sent whenever something was committed,
// and now and then, because other replicas issue commands too.
import { create } from "@bufbuild/protobuf";
import {
  type BMCCommand,
  type BMCCommandServiceWatchCommandsResponse as Sent,
  BMCCommandServiceWatchCommandsResponseSchema as SentSchema,
} from "../../../gen/metal/v1/bmc_command_pb.ts";
import { commandsToSend } from "../../domain/bmc-command-rule.ts";
import { every } from "../../domain/every.ts";
import { type DeliveryOptions, deliver } from "./delivery.ts";
import { createPause } from "./pause.ts";

/** What streams are made of. Times in milliseconds. */
export interface StreamOptions extends DeliveryOptions {
  /** How long after a commit by another replica its commands are found at the latest. */
  readonly pollMs?: number;
  /** A stream with nothing to send says so in this interval. */
  readonly keepAliveMs?: number;
}

const defaults = { pollMs: 1_000, keepAliveMs: 10_000 };
type Settled = Required<Pick<StreamOptions, "pollMs" | "keepAliveMs">> & DeliveryOptions;

/** Opens a stream of the commands for a partition. It ends with the signal, whose reason it throws. */
export type OpenStream = (partitionId: string, signal: AbortSignal) => AsyncGenerator<Sent>;

/** One stream. */
interface Listener {
  readonly partitionId: string;
  readonly sinceMs: number;
  /** The commands that were sent on it and that nobody reported yet. */
  readonly held: Set<string>;
}

/** Opens streams. Several of one partition share its commands: each command goes to one of them. */
export function createStreams(given: StreamOptions): OpenStream {
  const options: Settled = { ...defaults, ...given };
  const listeners = new Set<Listener>();
  return async function* (partitionId, signal) {
    const listener = { partitionId, sinceMs: options.now(), held: new Set<string>() };
    using pause = createPause(options.store.changes, options.pollMs);
    listeners.add(listener);
    try {
      yield alive();
      yield* sending(options, { listener, listeners, signal, wait: pause.wait });
    } finally {
      listeners.delete(listener);
    }
    signal.throwIfAborted();
  };
}

const alive = () => create(SentSchema);

/** What a stream works with. */
interface Line {
  readonly listener: Listener;
  readonly listeners: ReadonlySet<Listener>;
  readonly signal: AbortSignal;
  readonly wait: (signal: AbortSignal) => Promise<void>;
}

async function* sending(options: Settled, line: Line): AsyncGenerator<Sent> {
  const { signal, wait } = line;
  let spokeMs = options.now();
  while (!signal.aborted) {
    for await (const sent of dueCommands(options, line)) {
      yield sent;
      spokeMs = options.now();
    }
    if (options.now() - spokeMs >= options.keepAliveMs) {
      yield alive();
      spokeMs = options.now();
    }
    await wait(signal);
  }
}

async function* dueCommands(options: Settled, line: Line): AsyncGenerator<Sent> {
  const { listener, listeners, signal } = line;
  const { partitionId, sinceMs, held } = listener;
  const open = await openCommands(options, partitionId);
  const ids = new Set(open.map(({ id }) => id));
  for (const id of held) if (!ids.has(id)) held.delete(id);
  const isHeld = (id: string) => [...listeners].some((one) => one.held.has(id));
  for (const command of commandsToSend(open, { nowMs: options.now(), sinceMs, isHeld })) {
    if (signal.aborted) return;
    const sent = await deliver(options, command);
    if (sent === undefined) continue;
    held.add(command.id);
    yield sent;
  }
}

function openCommands({ store }: Settled, open: string): Promise<BMCCommand[]> {
  return Array.fromAsync(every(store.read.bmcCommand, "bmcCommand", { where: { open } }));
}
