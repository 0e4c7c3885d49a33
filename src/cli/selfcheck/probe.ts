// Calls one RPC as one kind of caller over one protocol, with a header that lets no handler run, and says how it ended.
import {
  create,
  type DescMethod,
  type DescMethodStreaming,
  type DescMethodUnary,
} from "@bufbuild/protobuf";
import { Code, ConnectError, type Interceptor, type Transport } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
  Http2SessionManager,
} from "@connectrpc/connect-node";
import { ErrorInfoSchema, RetryInfoSchema } from "../../../gen/google/rpc/error_details_pb.ts";
import { credentialHeaders, freshSalt } from "../sign.ts";
import type { Kind } from "./kind.ts";
import type { CheckedRpc } from "./rpc.ts";

/** The ways to call; "connect-get" only where an RPC has no side effects. */
export const ways = ["connect", "connect-get", "grpc", "grpc-web"] as const;
export type Way = (typeof ways)[number];

/** Calls a server. */
export interface Probe {
  /** The reason in the answer, "not served", "answered" if a handler ran, or the name of another code. */
  readonly outcome: (rpc: CheckedRpc, kind: Kind, way: Way) => Promise<string>;
  readonly close: () => void;
}

const timeoutMs = 30_000;
/** So often a call is repeated that came too early. */
const mostRetries = 20;

/** Calls the server at `baseUrl`. */
export function createProbe(baseUrl: string): Probe {
  const sessionManager = new Http2SessionManager(baseUrl);
  const transports = new Map<string, Transport>();
  const transportOf = (kind: Kind, way: Way): Transport => {
    const key = `${kind.name} ${way}`;
    const transport = transports.get(key) ?? newTransport({ baseUrl, sessionManager }, kind, way);
    transports.set(key, transport);
    return transport;
  };
  return {
    outcome: (rpc, kind, way) => patientOutcome(transportOf(kind, way), rpc, kind),
    close: () => sessionManager.abort(),
  };
}

interface Server {
  readonly baseUrl: string;
  readonly sessionManager: Http2SessionManager;
}

function newTransport(server: Server, kind: Kind, way: Way): Transport {
  const options = { ...server, interceptors: [asking(kind, way)] };
  if (way === "grpc") return createGrpcTransport(options);
  if (way === "grpc-web") return createGrpcWebTransport({ ...options, httpVersion: "2" });
  return createConnectTransport({
    ...options,
    httpVersion: "2",
    useHttpGet: way === "connect-get",
  });
}

/** Transports decide for GET only after interceptors have seen a request. */
function asking({ credential }: Kind, way: Way): Interceptor {
  const method = way === "connect-get" ? "GET" : "POST";
  return (next) => (request) => {
    request.header.set("metal-dry-run", "gate");
    const occasion = { now: new Date(), method, salt: freshSalt() };
    const headers = credential ? credentialHeaders(credential, occasion) : {};
    for (const [name, value] of Object.entries(headers)) request.header.set(name, value);
    return next(request);
  };
}

/** Servers bound how often one may call. For bad credentials that is a refusal like another, and not waited for. */
async function patientOutcome(transport: Transport, rpc: CheckedRpc, kind: Kind) {
  for (let attempt = 0; ; attempt += 1) {
    const { outcome, retryMs } = await outcomeOf(transport, rpc.method);
    const isOver = retryMs === undefined || attempt >= mostRetries;
    if (isOver || (kind.credential && !kind.identity)) return outcome;
    await new Promise((resolve) => setTimeout(resolve, retryMs));
  }
}

interface Outcome {
  readonly outcome: string;
  /** In how many milliseconds it may be tried again, if it was refused because of too many calls. */
  readonly retryMs?: number;
}

async function outcomeOf(transport: Transport, method: DescMethod): Promise<Outcome> {
  try {
    await call(transport, method);
    return { outcome: "answered" };
  } catch (error) {
    const failure = ConnectError.from(error);
    const [info] = failure.findDetails(ErrorInfoSchema);
    const [retry] = failure.findDetails(RetryInfoSchema);
    const { seconds = 0n, nanos = 0 } = retry?.retryDelay ?? {};
    const code = failure.code === Code.Unimplemented ? "not served" : Code[failure.code];
    return {
      outcome: info?.reason ?? code ?? "unknown",
      ...(retry && { retryMs: Number(seconds) * 1000 + nanos / 1e6 }),
    };
  }
}

/** With an empty message: a server that ignored the header would find nothing to work on. */
async function call(transport: Transport, method: DescMethod): Promise<void> {
  const message = create(method.input);
  if (method.methodKind === "unary") {
    await transport.unary(method as DescMethodUnary, undefined, timeoutMs, undefined, message);
    return;
  }
  const abort = new AbortController();
  const messages = (async function* () {
    yield message;
  })();
  const stream = method as DescMethodStreaming;
  const answer = await transport.stream(stream, abort.signal, timeoutMs, undefined, messages);
  try {
    for await (const _ of answer.message) break;
  } finally {
    abort.abort();
  }
}
