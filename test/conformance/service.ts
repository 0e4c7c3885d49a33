// The service of the conformance suite: it answers as each request asks, and tells what it saw of it.
import { setTimeout as pause } from "node:timers/promises";
import { create, type Message, toBinary } from "@bufbuild/protobuf";
import { ConnectError, type ConnectRouter, type HandlerContext } from "@connectrpc/connect";
import type {
  StreamDefinition,
  Types,
  UnaryDefinition,
  WireError,
  WireHeader,
} from "./descriptors.ts";

interface Asking<D> extends Message {
  readonly responseDefinition?: D;
  readonly fullDuplex?: boolean;
}
type AskingUnary = Asking<UnaryDefinition>;
type AskingStream = Asking<StreamDefinition>;

/** The service, for a router. */
export const conformance =
  ({ service, message }: Types) =>
  (router: ConnectRouter): void => {
    const packed = (one: Message) => {
      const desc = message(one.$typeName.split(".").at(-1) ?? "");
      return { typeUrl: `type.googleapis.com/${one.$typeName}`, value: toBinary(desc, one) };
    };
    const told = ({ requestHeader, timeoutMs }: HandlerContext, requests: readonly Message[]) => {
      const left = timeoutMs();
      return create(message("ConformancePayload.RequestInfo"), {
        requestHeaders: [...requestHeader].map(([name, value]) => ({ name, value: [value] })),
        requests: requests.map(packed),
        ...(left !== undefined && { timeoutMs: BigInt(left) }),
      });
    };
    const failure = ({ code, message: text = "", details }: WireError, info?: Message) => {
      const all = details.map(({ typeUrl, value }) => ({
        type: typeUrl.slice(typeUrl.lastIndexOf("/") + 1),
        value,
      }));
      const error = new ConnectError(text, code);
      error.details = all;
      if (info !== undefined)
        error.details.push({ desc: message("ConformancePayload.RequestInfo"), value: info });
      return error;
    };
    const answer = async (
      definition: UnaryDefinition | undefined,
      requests: readonly Message[],
      context: HandlerContext,
    ) => {
      setHeaders(context, definition);
      const info = told(context, requests);
      const response = definition?.response;
      if (response?.case === "error") throw failure(response.value, info);
      await pause(definition?.responseDelayMs ?? 0);
      const data = response?.case === "responseData" ? { data: response.value } : {};
      return { payload: { requestInfo: told(context, requests), ...data } };
    };
    const unary = (request: AskingUnary, context: HandlerContext) =>
      answer(request.responseDefinition, [request], context);

    async function* rest(
      definition: StreamDefinition | undefined,
      { sent, info }: { readonly sent: number; readonly info: Message },
    ) {
      for (const [at, data] of (definition?.responseData ?? []).entries()) {
        if (at < sent) continue;
        await pause(definition?.responseDelayMs ?? 0);
        yield { payload: { ...(at === 0 && { requestInfo: info }), data } };
      }
      if (definition?.error === undefined) return;
      throw failure(definition.error, definition.responseData.length === 0 ? info : undefined);
    }

    const methods = {
      unary,
      idempotentUnary: unary,
      async clientStream(requests: AsyncIterable<AskingUnary>, context: HandlerContext) {
        const all = await Array.fromAsync(requests);
        return answer(all[0]?.responseDefinition, all, context);
      },
      async *serverStream(request: AskingStream, context: HandlerContext) {
        setHeaders(context, request.responseDefinition);
        const info = told(context, [request]);
        yield* rest(request.responseDefinition, { sent: 0, info });
      },
      async *bidiStream(requests: AsyncIterable<AskingStream>, context: HandlerContext) {
        let [first, sent, seen]: [AskingStream | undefined, number, Message[]] = [undefined, 0, []];
        for await (const request of requests) {
          if (first === undefined) setHeaders(context, request.responseDefinition);
          first ??= request;
          seen.push(request);
          if (first.fullDuplex !== true) continue;
          const data = first.responseDefinition?.responseData[sent];
          if (data === undefined) break;
          await pause(first.responseDefinition?.responseDelayMs ?? 0);
          yield { payload: { requestInfo: told(context, [request]), data } };
          [sent, seen] = [sent + 1, []];
        }
        yield* rest(first?.responseDefinition, { sent, info: told(context, seen) });
      },
    };
    // The types of messages that are read at run time are not known to the compiler.
    router.service(service, methods as unknown as Parameters<typeof router.service>[1]);
  };

type Definition = Pick<UnaryDefinition, "responseHeaders" | "responseTrailers">;

function setHeaders(context: HandlerContext, definition: Definition | undefined): void {
  append(context.responseHeader, definition?.responseHeaders ?? []);
  append(context.responseTrailer, definition?.responseTrailers ?? []);
}

function append(headers: Headers, more: readonly WireHeader[]): void {
  for (const { name, value } of more) for (const one of value) headers.append(name, one);
}
