// The way of commands to metal-bmc in this process: the streams, and the clock that gives up what nobody reports.
import type { DeliveryOptions } from "./delivery.ts";
import { expireCommands } from "./expiry.ts";
import { createStreams, type OpenStream, type StreamOptions } from "./stream.ts";

/** What a channel is made of. */
export interface ChannelOptions
  extends Pick<DeliveryOptions, "store" | "superUser" | "firmwareUrl">,
    Partial<Pick<StreamOptions, "now" | "pollMs" | "keepAliveMs">> {
  readonly log: { error(fields: object, message: string): void };
}

/** The way of commands, until it is stopped. */
export interface CommandChannel {
  readonly open: OpenStream;
  /** Waits for what is under way. Streams end with their own signals. */
  stop(): Promise<void>;
}

const expiryIntervalMs = 30_000;

/** Opens the way of commands. */
export function createCommandChannel({ log, ...options }: ChannelOptions): CommandChannel {
  const { store, now = Date.now } = options;
  let running: Promise<unknown> = Promise.resolve();
  const expire = () => {
    running = expireCommands(store, now()).catch((error: unknown) =>
      log.error({ err: error }, "commands for BMCs are not given up"),
    );
  };
  const timer = setInterval(expire, expiryIntervalMs).unref();
  return {
    open: createStreams({ ...defaults, ...options }),
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}

const defaults = { now: Date.now, pollMs: 1_000, keepAliveMs: 10_000 };
