// The stage that sees to it that every call which has to be recorded is: it opens the record before the handler runs,
// and writes it if no transaction of the handler did.
import type { Message } from "@bufbuild/protobuf";
import type { Interceptor, StreamRequest, UnaryRequest } from "@connectrpc/connect";
import { Draft, draftKey } from "../audit/draft.ts";
import type { AuditOptions } from "../audit/options.ts";
import { redacted } from "../audit/redact.ts";
import { failureOf } from "../audit/word.ts";
import { unavailable } from "../domain/errors.ts";
import { type Call, callOf } from "../rbac/call.ts";

/** The audit stage. Calls whose rule records nothing but refusals pass untouched. */
export function auditing(options: AuditOptions): Interceptor {
  return (next) => async (request) => {
    const call = callOf(request.contextValues);
    if (call.rule === undefined || call.rule.audit === "refusals") return next(request);
    const draft = new Draft(call, options.peerOf(request.contextValues), shownOf(call, request));
    request.contextValues.set(draftKey, draft);
    try {
      if (opensStream(request)) await close(options, draft);
      const response = await next(request);
      await close(options, draft);
      return response;
    } catch (error) {
      await closeFailed(options, draft, error);
      throw error;
    }
  };
}

function shownOf({ rule }: Call, request: UnaryRequest | StreamRequest) {
  if (request.stream) return {};
  const { reason } = request.message as Message & { readonly reason?: unknown };
  return {
    ...(rule?.reason && typeof reason === "string" && { reason }),
    ...(rule?.audit === "full" && {
      request: () => redacted(request.method.input, request.message),
    }),
  };
}

/** A stream that the server feeds may last for days: its record is written when it opens. */
function opensStream(request: UnaryRequest | StreamRequest): boolean {
  return ["server_streaming", "bidi_streaming"].includes(request.method.methodKind);
}

/** A call that is not recorded is not answered. */
async function close({ recorder }: AuditOptions, draft: Draft): Promise<void> {
  if (draft.recorded) return;
  try {
    await recorder.append(draft.record("ok"));
    draft.recorded = true;
  } catch (error) {
    throw unavailable("the audit cannot be written", error);
  }
}

async function closeFailed(options: AuditOptions, draft: Draft, cause: unknown): Promise<void> {
  if (draft.recorded) return;
  const { code, error } = failureOf(cause);
  try {
    await options.recorder.append(draft.record(code, error));
    draft.recorded = true;
  } catch (failure) {
    options.onError(failure, draft.call);
  }
}
