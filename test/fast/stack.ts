// The library behind the whole stack of a port, and everything that it notices of a call: what a comparison of two ways
// to answer starts from.
import { once } from "node:events";
import { toJson } from "@bufbuild/protobuf";
import { Code, ConnectError, type HandlerContext, type Interceptor } from "@connectrpc/connect";
import {
  LibraryService,
  type SearchRequest,
} from "../../examples/own-server/gen/library/v1/library_pb.ts";
import { rules } from "../../examples/own-server/gen/rbac/rules.ts";
import { ErrorInfoSchema } from "../../gen/google/rpc/error_details_pb.ts";
import type { AuditRecord } from "../../gen/metal/v1/audit_pb.ts";
import { noteDecisions } from "../../src/audit/decision.ts";
import type { AuditOptions } from "../../src/audit/options.ts";
import { recordUnread } from "../../src/audit/unread.ts";
import { auditing } from "../../src/interceptors/audit.ts";
import { deadline, defaultDeadlines } from "../../src/interceptors/deadline.ts";
import { logging } from "../../src/interceptors/log.ts";
import { observing } from "../../src/interceptors/observe.ts";
import { validate } from "../../src/interceptors/validate.ts";
import { createPort, type PortSettings } from "../../src/port.ts";
import { type Authenticate, type Admission } from "../../src/rbac/gate.ts";
import { createGuard } from "../../src/rbac/guard.ts";
import { Role } from "../../src/rbac/role.ts";
import { callers, implementation, principal } from "../rbac/library.ts";

/** A running stack. */
export interface Stack {
  readonly port: number;
  /** Everything that was noticed of the calls since the last time, when the last of `count` has been answered. */
  take(count?: number): Promise<unknown[]>;
  /** Calls that wait in their handler. */
  readonly waiting: { readonly count: number };
  close(): Promise<void>;
}

const special: Readonly<Record<string, ReturnType<typeof principal>>> = {
  ...callers,
  limited: principal("limited", { role: Role.ADMIN, procedures: new Set() }),
  ended: principal("ended", { role: Role.ADMIN, revoked: AbortSignal.abort() }),
};

const authenticate: Authenticate = async ({ requestHeader }) => {
  const name = requestHeader.get("x-caller");
  if (name === null) return { principal: undefined };
  if (name === "puzzling") throw new Error("the directory is gone");
  if (name === "replaying")
    return { principal: special["admin"], messageChecks: [async () => false] };
  const found = special[name];
  return found ? { principal: found } : { refused: "BAD_CREDENTIAL", detail: "unknown_name" };
};

const admission: Admission = {
  before: ({ requestHeader }) =>
    requestHeader.has("x-hasty") ? { retryAfterMs: 1500, detail: "source" } : undefined,
  after: () => undefined,
};

const facts = (headers: Headers) =>
  [...headers].filter(([name]) => name !== "trace-id" && name !== "host");

/** Starts the library; `calls` as a port takes it. */
export async function startStack(calls: NonNullable<PortSettings["calls"]>): Promise<Stack> {
  let noticed: unknown[] = [];
  let answered = 0;
  let wake = () => {};
  const notice = (what: string, fact: object) => void noticed.push({ what, ...fact });
  const waiting = { count: 0 };
  const audit: AuditOptions = {
    recorder: { append: async (record) => notice("recorded", recordFacts(record)) },
    peerOf: () => "",
    onError: (error) => notice("audit failed", { error: String(error) }),
  };
  const observe = observing({
    begun: ({ procedure }) => notice("begun", { procedure }),
    ended: ({ code, handled, reason }) => notice("ended", { code, handled, reason }),
  });
  const note = noteDecisions(audit, { count: ({ procedure }) => notice("used", { procedure }) });
  const logged = (fields: object, text: string) => {
    const { err } = fields as { readonly err?: unknown };
    notice("logged", { text, error: err instanceof Error ? err.message : String(err) });
  };
  const log = { debug: () => {}, info: logged, warn: logged, error: logged };
  const signals: AbortSignal[] = [];
  const spy: Interceptor = (next) => async (request) => {
    const { header, url, requestMethod, method, service, stream } = request;
    const message = request.stream ? "" : toJson(method.input, request.message);
    const names = { method: method.name, service: service.typeName, stream };
    notice("intercepted", { url, requestMethod, message, ...names, headers: facts(header) });
    if (header.has("x-watched")) signals.push(request.signal);
    const response = await next(request);
    notice("returned", { headers: facts(response.header), trailers: facts(response.trailer) });
    if (header.has("x-replaced")) {
      const replaced = { header: new Headers({ replaced: "yes" }), trailer: new Headers() };
      return { ...response, ...replaced };
    }
    return response;
  };
  const guard = createGuard(rules, {
    routes: (router) =>
      void router.service(LibraryService, {
        ...implementation,
        search: (request, context) => {
          notice("handled", contextFacts(context));
          return perform(request, context, waiting);
        },
        giveBack: () => Promise.reject(new ConnectError("no such book", Code.NotFound)),
      }),
    authenticate,
    admission,
    onDecision: (call, values) => {
      const { decision, detail, protocol, principal: caller, dryRun } = call;
      notice("decided", { decision, detail, protocol, caller: caller?.id, dryRun });
      observe.decided(call, values);
      return note(call, values);
    },
    onError: (error) => notice("failed", { error: String(error) }),
    interceptors: [
      observe.interceptor,
      logging(log),
      deadline(defaultDeadlines),
      auditing(audit),
      validate,
      spy,
    ],
  });
  const port = createPort({
    guard,
    ready: async () => true,
    log,
    onAnswered(values) {
      observe.answered(values);
      recordUnread(audit, values);
      for (const { aborted, reason } of signals.splice(0))
        notice("signal", { aborted, reason: String(reason) });
      answered += 1;
      wake();
    },
    calls,
  });
  const address = await port.listen("127.0.0.1", 0);
  let taken = 0;
  return {
    port: address.port,
    waiting,
    async take(count = 1) {
      taken += count;
      while (answered < taken) await new Promise<void>((resolve) => (wake = resolve));
      return noticed.splice(0);
    },
    close: () => port.close(0),
  };
}

function recordFacts({ code, error, decision, detail, request, principal: id }: AuditRecord) {
  return { code, error, decision, detail, request, id };
}

function contextFacts(context: HandlerContext) {
  const { protocolName, requestMethod, url, method, service, requestHeader } = context;
  return {
    protocolName,
    requestMethod,
    url,
    method: method.name,
    service: service.typeName,
    headers: facts(requestHeader),
    isWhole: Number.isInteger(context.timeoutMs()),
    isAborted: context.signal.aborted,
  };
}

const detail = {
  desc: ErrorInfoSchema,
  value: { reason: "BECAUSE", domain: "test", metadata: { ü: "ß" } },
};

/** What the handler of Search does is said by the title that is asked for. */
async function perform(
  { title }: SearchRequest,
  context: HandlerContext,
  waiting: { count: number },
) {
  const { responseHeader, responseTrailer, signal } = context;
  const [word, argument = ""] = title.split(":", 2);
  if (word === "code") throw new ConnectError(`as asked: ${argument}`, Number(argument));
  if (word === "details")
    throw new ConnectError("ünïcode\r\n%", Number(argument), { "x-more": "1, 2" }, [
      detail,
      detail,
    ]);
  if (word === "reserved")
    throw new ConnectError("", Code.Aborted, {
      "content-type": "text/plain",
      "grpc-status": "0",
      "content-length": "1",
      "www-authenticate": "Test",
      "trailer-x": "y",
      date: "never",
    });
  if (word === "throw") throw new TypeError("nobody shall see this");
  if (word === "headers" || word === "headers and fail") {
    responseHeader.set("x-one", "1");
    responseHeader.append("x-two", "a");
    responseHeader.append("x-two", "b");
    responseHeader.append("set-cookie", "a=1");
    responseHeader.append("set-cookie", "b=2");
    responseTrailer.set("x-trailer", "t");
    responseTrailer.set("x-data-bin", "AAEC");
    if (word === "headers and fail") throw new ConnectError("after headers", Code.DataLoss);
  }
  if (word === "wrong type") return { books: [{ isbn: 4 as unknown as string }] };
  if (word === "wait") {
    waiting.count += 1;
    if (!signal.aborted) await once(signal, "abort");
    waiting.count -= 1;
    throw signal.reason;
  }
  const times = word === "repeat" ? Number(argument) : 1;
  return { books: Array.from({ length: times }, () => ({ isbn: "1", title })) };
}
