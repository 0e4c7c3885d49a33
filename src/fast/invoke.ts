// Runs the interceptors and the implementation of a unary method as Connect does, with a context and a request of which
// only that is made which somebody asks for.
import { create, type Message } from "@bufbuild/protobuf";
import {
  createContextKey,
  type HandlerContext,
  type Interceptor,
  type UnaryRequest,
  type UnaryResponse,
} from "@connectrpc/connect";
import type { CallContext } from "./context.ts";
import type { UnarySpec } from "./match.ts";

type Next = Parameters<Interceptor>[0];

const contextKey = createContextKey<CallContext | undefined>(undefined, {
  description: "what makes the signal of a request",
});

/** The answer of `spec` to `input`. What is answered beside it stands in `context`. */
export async function invoke(
  spec: UnarySpec,
  context: CallContext,
  input: Message,
  interceptors: readonly Interceptor[],
): Promise<Message> {
  const request = requestOf(spec, context, input);
  let next: Next = async (final) => {
    const seen = final === request ? context : contextOf(context, final);
    const answered = await spec.impl((final as UnaryRequest).message, seen);
    return responseOf(spec, context, create(spec.method.output, answered));
  };
  for (let at = interceptors.length - 1; at >= 0; at -= 1) next = interceptors[at]?.(next) ?? next;
  const { message, header, trailer } = await next(request);
  replace(context.responseHeader, header);
  replace(context.responseTrailer, trailer);
  return message as Message;
}

/** Interceptors make requests of requests, with all that is a property of the first one; so its signal is one, too. */
const signal: PropertyDescriptor & ThisType<UnaryRequest> = {
  enumerable: true,
  get() {
    return this.contextValues.get(contextKey)?.signal;
  },
};

function requestOf({ method }: UnarySpec, context: CallContext, message: Message): UnaryRequest {
  const { requestMethod, url, requestHeader: header, values: contextValues, service } = context;
  const about = { method, service, requestMethod, url, header, contextValues };
  const request: Omit<UnaryRequest, "signal"> = { stream: false, message, ...about };
  contextValues.set(contextKey, context);
  return Object.defineProperty(request, "signal", signal) as UnaryRequest;
}

/** The context of a request that an interceptor has put in the place of the first one. */
function contextOf(context: CallContext, request: Parameters<Next>[0]): HandlerContext {
  const { service, header: requestHeader, signal: changed, contextValues: values } = request;
  return context.with({ service, requestHeader, signal: changed, values });
}

function responseOf({ method }: UnarySpec, context: CallContext, message: Message): UnaryResponse {
  const { responseHeader: header, responseTrailer: trailer } = context;
  return { stream: false, message, method, service: method.parent, header, trailer };
}

/** An interceptor may have answered with headers of its own. */
function replace(headers: Headers, found: Headers): void {
  if (found === headers) return;
  headers.forEach((_, name) => headers.delete(name));
  found.forEach((value, name) => headers.set(name, value));
}
