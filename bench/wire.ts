// Unary calls as bytes: what a protocol puts around a message, and what every server that is compared is sent.
import {
  create,
  type DescMethod,
  type MessageInitShape,
  toBinary,
  toJsonString,
} from "@bufbuild/protobuf";

/** How a call is written. */
export const protocols = ["connect", "connect-json", "grpc"] as const;
export type Protocol = (typeof protocols)[number];

/** A version of HTTP, in clear text. */
export type Http = "1.1" | "2";

/** A request that can be sent again and again. */
export interface Request {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

const headersOf: Readonly<Record<Protocol, Readonly<Record<string, string>>>> = {
  connect: { "content-type": "application/proto", "connect-protocol-version": "1" },
  "connect-json": { "content-type": "application/json", "connect-protocol-version": "1" },
  grpc: { "content-type": "application/grpc+proto", te: "trailers" },
};

/** The request of a unary call with this message, without a credential. */
export function requestOf<M extends DescMethod>(
  protocol: Protocol,
  method: M,
  message: MessageInitShape<M["input"]>,
): Request {
  const input = create(method.input, message);
  const body =
    protocol === "connect-json"
      ? new TextEncoder().encode(toJsonString(method.input, input))
      : toBinary(method.input, input);
  return {
    path: pathOf(method),
    headers: headersOf[protocol],
    body: protocol === "grpc" ? framed(body) : body,
  };
}

/** The path of a method in every protocol. */
export const pathOf = ({ parent, name }: DescMethod): string => `/${parent.typeName}/${name}`;

/** The message with gRPC's prefix: not compressed, and its length in four bytes. */
export function framed(message: Uint8Array): Uint8Array {
  const frame = new Uint8Array(5 + message.length);
  new DataView(frame.buffer).setUint32(1, message.length);
  frame.set(message, 5);
  return frame;
}

/** The message behind gRPC's prefix. */
export const unframed = (frame: Uint8Array): Uint8Array => frame.subarray(5);
