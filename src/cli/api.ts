// Calls RPCs: finds the server and the credential when the first call needs them, signs, and names what fails.
import type {
  DescMessage,
  DescMethod,
  DescMethodClientStreaming,
  DescMethodServerStreaming,
  DescMethodUnary,
  Message,
} from "@bufbuild/protobuf";
import type { ConnectError, Interceptor, Transport } from "@connectrpc/connect";
import type { Io } from "./io.ts";
import type { Found, TargetFlags } from "./offer.ts";
import { neededRole, Role } from "./rule.ts";
import { credentialHeaders, freshSalt } from "./sign.ts";
import type { Target } from "./target.ts";

/** One call. */
export interface Call {
  readonly method: DescMethod;
  readonly request: Message;
  /** What the call is about, for messages: `image "x"`, `image list`. */
  readonly subject: string;
  /** Use the credential that an RPC of this minimum role would be called with, instead of the method's own. */
  readonly as?: Role;
}

/** A call that the server did not answer with a result. */
export class CallError extends Error {
  override readonly name = "CallError";
  readonly call: Call;
  readonly error: ConnectError;
  readonly apiUrl: string;
  readonly apiUrlFrom: string;
  /** Where the credential came from; undefined if there was none. */
  readonly credentialFrom: string | undefined;

  constructor(call: Call, error: ConnectError, { target, found }: Attempt) {
    super(error.message, { cause: error });
    this.call = call;
    this.error = error;
    this.apiUrl = target.apiUrl;
    this.apiUrlFrom = target.apiUrlFrom;
    this.credentialFrom = found?.from;
  }
}

/** The server. */
export interface Api {
  /** Where it is. */
  readonly target: () => Promise<Target>;
  /** The answer. Throws CallError. */
  readonly unary: (call: Call) => Promise<Message>;
  /** The answers, as they come. Throws CallError. */
  readonly stream: (call: Call) => AsyncIterable<Message>;
  /** The answer to a stream of requests. Throws CallError. */
  readonly upload: (call: Call, requests: AsyncIterable<Message>) => Promise<Message>;
}

interface Attempt {
  readonly target: Target;
  readonly found: Found | undefined;
}

/** How to reach the server. */
export interface ApiOptions extends TargetFlags {
  /** The longest a single call may take, in milliseconds. Does not bound streams. */
  readonly timeoutMs: number;
}

/** The server that flags, environment and files name. Nothing is read or connected before the first call. */
export function createApi(options: ApiOptions, io: Io): Api {
  let target: Promise<Target> | undefined;
  const once = () => (target ??= found(options, io));
  const tellOfAdmin = createAdminNote(io);
  const attempt = async ({ method, as = neededRole(method) }: Call): Promise<Attempt> => {
    const target = await once();
    const found = target.credentialFor(as);
    if (found?.isAdmin) tellOfAdmin(found.from);
    return { target, found };
  };
  return {
    target: once,
    unary: async (call) => unary(call, await attempt(call), { io, timeoutMs: options.timeoutMs }),
    async *stream(call) {
      yield* streamed(call, await attempt(call), io);
    },
    upload: async (call, requests) => uploaded(call, await attempt(call), { io, requests }),
  };
}

async function found(flags: TargetFlags, io: Io): Promise<Target> {
  const { findTarget } = await import("./target.ts");
  return await findTarget(flags, io);
}

function createAdminNote(io: Io): (from: string) => void {
  let told = false;
  return (from) => {
    if (!told) io.stderr(`note: using ${from}, with role Admin\n`);
    told = true;
  };
}

async function unary(
  call: Call,
  attempt: Attempt,
  { io, timeoutMs }: { readonly io: Io; readonly timeoutMs: number },
): Promise<Message> {
  const { method, request } = call;
  if (!isUnary(method)) throw new TypeError(`${method.name} is a stream`);
  const transport = await transportFor(attempt, io);
  try {
    const { message } = await transport.unary(method, undefined, timeoutMs, undefined, request);
    return message;
  } catch (error) {
    throw await failure(call, error, attempt);
  }
}

async function* streamed(call: Call, attempt: Attempt, io: Io): AsyncGenerator<Message> {
  const { method, request } = call;
  if (!isServerStream(method)) throw new TypeError(`${method.name} is no stream of answers`);
  const transport = await transportFor(attempt, io);
  const requests = (async function* () {
    yield request;
  })();
  const end = new AbortController();
  try {
    const { message } = await transport.stream(method, end.signal, undefined, undefined, requests);
    yield* message;
  } catch (error) {
    throw await failure(call, error, attempt);
  } finally {
    end.abort(); // Whoever has read enough would otherwise keep the connection, and with it the process.
  }
}

async function uploaded(
  call: Call,
  attempt: Attempt,
  { io, requests }: { readonly io: Io; readonly requests: AsyncIterable<Message> },
): Promise<Message> {
  const { method } = call;
  if (!isClientStream(method)) throw new TypeError(`${method.name} takes no stream of requests`);
  const transport = await transportFor(attempt, io);
  try {
    const { message } = await transport.stream(method, undefined, undefined, undefined, requests);
    const [answer] = await Array.fromAsync(message);
    if (answer !== undefined) return answer;
  } catch (error) {
    throw await failure(call, error, attempt);
  }
  throw new TypeError(`${method.name} was not answered`);
}

/** True for a method with one request and one answer. */
function isUnary(method: DescMethod): method is DescMethodUnary<DescMessage, DescMessage> {
  return method.methodKind === "unary";
}

/** True for a method with one request and many answers. */
export function isServerStream(
  method: DescMethod,
): method is DescMethodServerStreaming<DescMessage, DescMessage> {
  return method.methodKind === "server_streaming";
}

function isClientStream(
  method: DescMethod,
): method is DescMethodClientStreaming<DescMessage, DescMessage> {
  return method.methodKind === "client_streaming";
}

async function failure(call: Call, error: unknown, attempt: Attempt): Promise<Error> {
  const { ConnectError } = await import("@connectrpc/connect");
  return new CallError(call, ConnectError.from(error), attempt);
}

async function transportFor({ target, found }: Attempt, io: Io): Promise<Transport> {
  const { createConnectTransport } = await import("@connectrpc/connect-node");
  return createConnectTransport({
    baseUrl: target.apiUrl,
    httpVersion: "1.1",
    useHttpGet: false,
    interceptors: found ? [signing(found, io)] : [],
  });
}

function signing({ credential }: Found, io: Io): Interceptor {
  return (next) => (request) => {
    const occasion = { now: io.now(), method: request.requestMethod, salt: freshSalt() };
    for (const [name, value] of Object.entries(credentialHeaders(credential, occasion)))
      request.header.set(name, value);
    return next(request);
  };
}
