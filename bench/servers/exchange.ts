// What a server without any framework does with the body of a request: it reads the message and writes the answer.
import {
  type DescMethod,
  fromBinary,
  fromJsonString,
  type MessageShape,
  toBinary,
  toJsonString,
} from "@bufbuild/protobuf";
import { framed, pathOf, type Protocol, unframed } from "../wire.ts";
import { get, list, readPrepared } from "./prepared.ts";
import { folder } from "./serve.ts";

/** From the body of a request to that of its answer. */
type Exchange = (body: Uint8Array) => Uint8Array | string;

export const grpcType = "application/grpc+proto";

const protocolOf: Readonly<Record<string, Protocol>> = {
  "application/proto": "connect",
  "application/json": "connect-json",
  [grpcType]: "grpc",
};

function exchangesOf<M extends DescMethod>(
  { input, output }: M,
  answer: MessageShape<M["output"]>,
): Record<Protocol, Exchange> {
  return {
    connect(body) {
      fromBinary(input, body);
      return toBinary<M["output"]>(output, answer);
    },
    "connect-json"(body) {
      fromJsonString(input, new TextDecoder().decode(body));
      return toJsonString<M["output"]>(output, answer);
    },
    grpc(body) {
      fromBinary(input, unframed(body));
      return framed(toBinary<M["output"]>(output, answer));
    },
  };
}

const prepared = readPrepared(folder);
const exchanges: Readonly<Record<string, Record<Protocol, Exchange>>> = {
  [pathOf(get)]: exchangesOf(get, prepared.get),
  [pathOf(list)]: exchangesOf(list, prepared.list),
};

/** The body of the answer. Throws if there is no such method or no such content type. */
export function answerTo(path = "", type = "", chunks: readonly Uint8Array[]): Uint8Array | string {
  const protocol = protocolOf[type];
  const exchange = protocol && exchanges[path]?.[protocol];
  if (exchange === undefined) throw new Error(`nothing answers ${type} at ${path}`);
  const [only] = chunks;
  return exchange(only && chunks.length === 1 ? only : Buffer.concat(chunks));
}
