// Answers the usual unary call without the generic machinery of Connect: the same gate, interceptors, handlers and
// errors, and what clients get is the same to the byte. Whatever is unusual is left to Connect.
import type { Message } from "@bufbuild/protobuf";
import { Code, ConnectError, type MethodImplSpec } from "@connectrpc/connect";
import {
  compressionNegotiate,
  createMethodSerializationLookup,
  createMethodUrl,
  type UniversalHandlerOptions,
  validateUniversalHandlerOptions,
} from "@connectrpc/connect/protocol";
import { bodyMs as usualBodyMs } from "../http/body-deadline.ts";
import type { CallListener, Calls } from "../http/listener.ts";
import { type Arrived, CallContext } from "./context.ts";
import { Http1Exchange } from "./http1-exchange.ts";
import { invoke } from "./invoke.ts";
import { match, type UnarySpec } from "./match.ts";
import type { Answer } from "./protocol.ts";
import { StreamExchange } from "./stream-exchange.ts";
import { type Write, writingListsOnce, writingOnce } from "./written.ts";

/** Options of the Connect router that is behind, and what it needs of HTTP. */
export interface FastPathOptions extends Partial<UniversalHandlerOptions> {
  /** What is mounted there. */
  readonly mounted: readonly MethodImplSpec[];
  /** Answers everything else. */
  readonly fallback: CallListener;
  /** How long the body of a call over HTTP/2 may take, in milliseconds; 15 s unless told otherwise. */
  readonly bodyMs?: number;
  /** Told why an answer could not be sent. */
  readonly onBroken: (error: unknown) => void;
}

/** How the messages of a method are read and written. */
interface Encoding {
  readonly parse: (bytes: Uint8Array) => Message;
  readonly write: Write;
}

interface Method {
  readonly spec: UnarySpec;
  readonly binary: Encoding;
  readonly json: Encoding;
}

/** Calls in front of Connect. */
export function createFastPath(options: FastPathOptions): Calls {
  const { mounted, fallback, onBroken, bodyMs = usualBodyMs } = options;
  const settings = validateUniversalHandlerOptions(options);
  const methods = methodsOf(mounted, settings);
  const matching = { methods, maxTimeoutMs: settings.maxTimeoutMs };
  const matched = (asked: Parameters<typeof match>[0]) =>
    settings.shutdownSignal?.aborted ? undefined : match(asked, matching);
  const run = (call: Call) => {
    const { exchange } = call;
    answer(call, settings)
      .then((found) => exchange.send(found))
      .catch((error: unknown) => {
        onBroken(error);
        exchange.breakOff();
      });
  };
  return {
    listener(request, response, values) {
      // What comes as a request of HTTP/2 was left to Connect when it was a stream.
      if ("stream" in request || "stream" in response) return fallback(request, response, values);
      const { method: verb, url: path, headers } = request;
      const found = matched({ verb, path, headers });
      if (found === undefined) return fallback(request, response, values);
      run({ ...found, exchange: new Http1Exchange(request, response), values });
    },
    onStream(head) {
      const { ":method": verb, ":path": path } = head.headers;
      const found = matched({ verb, path, headers: head.headers });
      return (
        found && ((values) => run({ ...found, exchange: new StreamExchange(head, bodyMs), values }))
      );
    },
  };
}

function methodsOf(mounted: readonly MethodImplSpec[], settings: UniversalHandlerOptions) {
  const methods = new Map<string | undefined, Method>();
  const { binaryOptions, jsonOptions } = settings;
  for (const spec of mounted) {
    if (spec.kind !== "unary") continue;
    const { method } = spec;
    const found = createMethodSerializationLookup(method, binaryOptions, jsonOptions, settings);
    const parsing = (binary: boolean) => (bytes: Uint8Array) => found.getI(binary).parse(bytes);
    const writing =
      (binary: boolean): Write =>
      (message) =>
        found.getO(binary).serialize(message);
    const lists = writingListsOnce(method.output, writing(true), settings);
    methods.set(createMethodUrl("/", method), {
      spec,
      binary: { parse: parsing(true), write: writingOnce(lists) },
      json: { parse: parsing(false), write: writingOnce(writing(false)) },
    });
  }
  return methods;
}

interface Call extends Arrived {
  readonly method: Method;
}

async function answer(call: Call, settings: UniversalHandlerOptions): Promise<Answer> {
  const { method, dialect } = call;
  const { protocol } = dialect;
  const { parse, write } = dialect.binary ? method.binary : method.json;
  const context = new CallContext(call, settings.shutdownSignal);
  const compression = compressionOf(call, settings);
  if (compression !== null && protocol.header.answerEncoding !== undefined)
    context.responseHeader.set(protocol.header.answerEncoding, compression.name);
  const { compressMinBytes, jsonOptions } = settings;
  const answering = { context, compression, compressMinBytes, jsonOptions };
  try {
    await settings.requestGate?.(context);
    const intake = protocol.receive({
      parse,
      limit: settings.readMaxBytes,
      length: call.exchange.headers["content-length"],
    });
    const input = await call.exchange.receive(intake);
    const output = await invoke(method.spec, context, input, settings.interceptors);
    return await protocol.succeed(answering, write(output));
  } catch (error) {
    context.end(error);
    return await protocol.fail(answering, shown(error));
  } finally {
    context.end();
  }
}

function compressionOf(
  { dialect, exchange }: Arrived,
  { acceptCompression }: UniversalHandlerOptions,
) {
  const { acceptEncoding } = dialect.protocol.header;
  const accepted = exchange.headers[acceptEncoding];
  if (typeof accepted !== "string") return null;
  return compressionNegotiate(acceptCompression, null, accepted, acceptEncoding).response;
}

/** What clients get to see of errors that nobody meant is that there was one. */
function shown(error: unknown): ConnectError {
  if (error instanceof ConnectError) return error;
  return new ConnectError("internal error", Code.Internal, undefined, undefined, error);
}
