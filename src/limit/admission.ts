// How often who may call: by the source before the caller is known, by the caller after it. Logins that fail slow the
// source they come from and never the user they name, so that nobody can lock out somebody else.
import type { HandlerContext } from "@connectrpc/connect";
import { peerKey } from "../http/peer.ts";
import { sourceOf } from "../http/source.ts";
import type { Admission, Authentication, TooMany } from "../rbac/gate.ts";
import { Buckets, type Rate } from "./bucket.ts";
import { ticketKey } from "./in-flight.ts";

/** Each rate; undefined means that there is no limit. */
export interface AdmissionRates {
  /** Calls of one source whose callers are not known in the end. */
  readonly strangers?: Rate | undefined;
  /** Logins of one source that fail. While there are too many, none of that source is looked at. */
  readonly failedLogins?: Rate | undefined;
  /** Calls of one caller, wherever they come from. */
  readonly principal?: Rate | undefined;
}

/** How long a caller with too many open calls is told to wait: nobody knows when one of them ends. */
const openCallsRetryMs = 1000;

/** `now`: milliseconds of a clock that never goes back. */
export function createAdmission(rates: AdmissionRates, now?: () => number): Admission {
  const bucketsOf = (rate: Rate | undefined) => rate && new Buckets(rate, now);
  const strangers = bucketsOf(rates.strangers);
  const failedLogins = bucketsOf(rates.failedLogins);
  const principals = bucketsOf(rates.principal);
  return {
    before(context) {
      const source = callerSource(context);
      const presents = context.requestHeader.has("authorization");
      const failed = presents ? (failedLogins?.wait(source) ?? 0) : 0;
      if (failed > 0) return { retryAfterMs: failed, detail: "failed_logins" };
      return tooMany(strangers?.take(source), "source");
    },
    after(context, found) {
      const source = callerSource(context);
      if (isBad(found)) failedLogins?.take(source);
      const id = idOf(found);
      if (id === undefined) return undefined;
      strangers?.giveBack(source);
      const open = context.values.get(ticketKey)?.identify(id) ?? true;
      if (!open) return { retryAfterMs: openCallsRetryMs, detail: "open_calls" };
      return tooMany(principals?.take(id), "principal");
    },
  };
}

function callerSource({ values }: HandlerContext): string {
  return sourceOf(values.get(peerKey)?.address ?? "");
}

const tooMany = (waitMs = 0, detail: string): TooMany | undefined =>
  waitMs === 0 ? undefined : { retryAfterMs: waitMs, detail };

const isBad = (found: Authentication): boolean =>
  "refused" in found && found.refused === "BAD_CREDENTIAL";

const idOf = (found: Authentication): string | undefined =>
  "refused" in found ? undefined : found.principal?.id;
