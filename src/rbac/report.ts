// Tells the server around the kit what was decided and what went wrong; nothing that it does with it changes either.
import type { ConnectError, ContextValues } from "@connectrpc/connect";
import type { Call } from "./call.ts";
import type { RefusalReason } from "./decide.ts";
import { refusal } from "./refusal.ts";

/** Who wants to know. */
export interface Listeners {
  /**
   * Told of every decision before it takes effect, and once more if an allowed call is refused later: because of its
   * message, or because its credential ended. What it throws goes to `onError`.
   */
  readonly onDecision?: (call: Call, values: ContextValues) => Promise<void> | undefined | void;
  /** Told of errors that the caller does not see. Must not throw. */
  readonly onError?: (error: unknown, call: Pick<Call, "traceId" | "procedure">) => void;
}

/** Tells of the decision on `call`, and settles when the listener is done; undefined if it is at once. Never rejects. */
export function report(
  { onDecision, onError }: Listeners,
  call: Call,
  values: ContextValues,
): Promise<void> | undefined {
  const failed = (error: unknown) => onError?.(error, call);
  try {
    return onDecision?.(call, values)?.catch(failed);
  } catch (error) {
    failed(error);
    return undefined;
  }
}

/** Refuses a call that the gate allowed. `detail` is a stable word for the audit; the caller does not see it. */
export type RefuseLater = (
  reason: RefusalReason,
  detail?: string,
) => { readonly error: ConnectError; readonly told: Promise<void> | undefined };

/** Refuses `call` by telling the listeners; throwing the error is left to whoever wanted to know. */
export function refuseLater(listeners: Listeners, call: Call, values: ContextValues): RefuseLater {
  return (reason, detail = "") => {
    const decision = Object.freeze({ allowed: false, reason });
    const refused = Object.freeze<Call>({ ...call, decision, detail });
    return { error: refusal(refused, reason), told: report(listeners, refused, values) };
  };
}
