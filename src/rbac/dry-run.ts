// A call that asks for the decision alone: the gate and the enforcer do all they do for any call, and the call ends where
// its handler would run. The header can only make a call do less, so everybody may send it.
import { Code, ConnectError } from "@connectrpc/connect";
import { ErrorInfoSchema } from "../../gen/google/rpc/error_details_pb.ts";
import type { Call } from "./call.ts";
import { refusalDomain } from "./refusal.ts";

/** The header that asks for it. That it is there is enough, so that no misspelt value lets a handler run. */
export const dryRunHeader = "metal-dry-run";

/** The reason in the details of the error, by which callers know that the call would have been let in. */
export const dryRunReason = "DRY_RUN";

/** True if the headers of a call ask for the decision alone. */
export const isDryRun = (headers: Headers): boolean => headers.has(dryRunHeader);

/** The answer to a call that was let in, and asked for no more. No code that clients try again by themselves. */
export function dryRunEnd({ procedure, traceId }: Call): ConnectError {
  const metadata = { procedure: procedure.slice(1), trace_id: traceId };
  const value = { reason: dryRunReason, domain: refusalDomain, metadata };
  const text = `${procedure.slice(1)} was let in and not run, as ${dryRunHeader} asks`;
  const info = { desc: ErrorInfoSchema, value };
  return new ConnectError(text, Code.FailedPrecondition, undefined, [info]);
}
