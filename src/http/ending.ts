// How a call is ended before its time where whoever reads the request lets others do so. A signal of one's own would have
// to follow that of the call, and to be followed by it, which takes longer than to decide on the call.
import { createContextKey } from "@connectrpc/connect";

/** Aborts the signal of the call, for everybody who looks at it; undefined where that is not possible. */
export const endingKey = createContextKey<((reason: unknown) => void) | undefined>(undefined, {
  description: "aborts the signal of the call",
});
