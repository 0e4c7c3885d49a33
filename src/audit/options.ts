// What everything that records calls is given.
import type { ContextValues } from "@connectrpc/connect";
import type { Call } from "../rbac/call.ts";
import type { Flood } from "./flood.ts";
import type { Recorder } from "./recorder.ts";

export interface AuditOptions {
  readonly recorder: Recorder;
  /** The address and port a call comes from. */
  readonly peerOf: (values: ContextValues) => string;
  /** Who is behind a call whose caller is not known, as far as the socket can tell. One for all if absent. */
  readonly sourceOf?: (values: ContextValues) => string;
  /** Keeps floods of refusals small; every one is recorded if absent. */
  readonly flood?: Flood;
  /** Told of errors that neither the caller nor the audit gets to see. */
  readonly onError: (error: unknown, call: Pick<Call, "traceId" | "procedure">) => void;
}
