// Every check that a call passes, top to bottom. The gate sees the headers of every call, whatever its protocol and
// kind, before any byte of its body is read; the interceptors see its messages, the first one listed first. Whatever
// throws ends the call there.
import type { Interceptor } from "@connectrpc/connect";
import { guard } from "../gen/rbac/gate.ts";
import { noteDecisions } from "./audit/decision.ts";
import type { AuditOptions } from "./audit/options.ts";
import type { UsageCounter } from "./audit/usage.ts";
import { auditing } from "./interceptors/audit.ts";
import { deadline, type DeadlineLimits, defaultDeadlines } from "./interceptors/deadline.ts";
import { type Log, logging } from "./interceptors/log.ts";
import { type Observing, observing } from "./interceptors/observe.ts";
import { validate } from "./interceptors/validate.ts";
import { observers } from "./observe/observer.ts";
import type { Admission, Authenticate } from "./rbac/gate.ts";
import type { Routes } from "./rbac/mount.ts";

/** What the stages need. */
export interface Stages {
  readonly routes: Routes;
  readonly authenticate: Authenticate;
  readonly admission?: Admission;
  readonly audit: AuditOptions;
  readonly usage: Pick<UsageCounter, "count">;
  readonly deadlines?: DeadlineLimits;
  readonly observe?: Observing;
  /** Follows calls that are handled, for traces. */
  readonly tracing?: Interceptor;
  readonly log: Log;
}

/** The options of the Connect adapter that check calls. Throws MountError for a service without its rules. */
export function pipeline(stages: Stages) {
  const { routes, authenticate, admission, audit, usage, tracing, log, ...rest } = stages;
  const observe = rest.observe ?? observing(observers([]));
  const note = noteDecisions(audit, usage);
  return guard({
    routes,
    ...(admission && { admission }), // not too many, before the caller is known and after
    authenticate, // rule → caller → role → component
    onDecision(call, values) {
      observe.decided(call, values);
      return note(call, values);
    },
    onError: (error, { traceId, procedure }) =>
      log.error({ err: error, traceId, procedure }, "a call could not be decided"),
    // from here on: allowed for exactly this method; streams end with the credential
    interceptors: [
      observe.interceptor, // how calls end, for figures and the log
      ...(tracing ? [tracing] : []),
      logging(log), // what the caller is not told
      deadline(rest.deadlines ?? defaultDeadlines), // no call for ever
      auditing(audit), // one record for every call that is not a plain read
      validate, // the rules in the proto
    ],
  });
}
