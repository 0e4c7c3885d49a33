// Runs the interceptors and the implementation of a unary method as Connect does, with a context and a request of which
// only that is made which somebody asks for.
import { create, type Message } from "@bufbuild/protobuf";
import type { HandlerContext, Interceptor, UnaryRequest, UnaryResponse } from "@connectrpc/connect";
import type { CallContext } from "./context.ts";
import type { UnarySpec } from "./match.ts";

type Next = Parameters<Interceptor>[0];

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

function requestOf({ method }: UnarySpec, context: CallContext, message: Message): UnaryRequest {
  return {
    stream: false,
    message,
    method,
    service: method.parent,
    requestMethod: context.requestMethod,
    header: context.requestHeader,
    contextValues: context.values,
    get url() {
      return context.url;
    },
    get signal() {
      return context.signal;
    },
  };
}

/** The context of a request that an interceptor has put in the place of the first one. */
function contextOf(context: CallContext, request: Parameters<Next>[0]): HandlerContext {
  const { service, header: requestHeader, signal, contextValues: values } = request;
  return { ...context, service, requestHeader, signal, values };
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
