// How a call is ended before its time where whoever reads the request lets others have a part in it. Signals of everybody's
// own would have to follow that of the call, which takes longer than to decide on the call.
import { type ConnectError, createContextKey } from "@connectrpc/connect";

/** The end that a call comes to when it takes too long. */
export interface Ending {
  /** Ends the call: its signal aborts with `error`, and whoever waits for the end is told. */
  expire(error: ConnectError): void;
  /** Calls `then` when the call takes too long, at once if it does already. For one who wants to know. */
  onExpired(then: (error: ConnectError) => void): void;
}

/** The ending of a call; undefined where its signal is all there is. */
export const endingKey = createContextKey<Ending | undefined>(undefined, {
  description: "how the call is ended before its time",
});
