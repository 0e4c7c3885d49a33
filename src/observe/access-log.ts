// One line for each call: who, what, how it ended. Neither messages nor headers, so no secrets.
import { peerKey, peerText } from "../http/peer.ts";
import type { EndedCall, Observer } from "./observer.ts";

/** Where lines go. A pino logger is one. */
export interface AccessLog {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
}

/**
 * Writes changes and failures of known callers as "info"; reads that went well, and calls of strangers, as "debug":
 * there may be any number of them, and the audit has the refusals.
 */
export function accessLog(log: AccessLog): Observer {
  return {
    ended(ended) {
      const { call, code } = ended;
      const quiet = call.principal === undefined || (call.rule?.read === true && code === "ok");
      log[quiet ? "debug" : "info"](fieldsOf(ended), "call");
    },
  };
}

function fieldsOf({ call, values, code, durationMs, reason }: EndedCall) {
  const { traceId, procedure, protocol, principal } = call;
  return {
    traceId,
    procedure: procedure.slice(1),
    code,
    ms: durationMs,
    protocol,
    peer: peerText(values.get(peerKey)),
    ...(principal && { principal: principal.id }),
    ...(reason !== undefined && { reason }),
  };
}
