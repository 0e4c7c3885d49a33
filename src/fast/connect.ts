// Unary calls in Connect's own protocol.
import {
  codeToHttpStatus,
  contentTypeUnaryJson,
  contentTypeUnaryProto,
  errorToJsonBytes,
  parseTimeout,
} from "@connectrpc/connect/protocol-connect";
import { mergeNonProtocolHeaders } from "@connectrpc/connect/protocol";
import {
  type Answer,
  type AnswerOptions,
  compressionFor,
  type Dialect,
  type Protocol,
} from "./protocol.ts";
import { WholeBody } from "./whole-body.ts";

const connect: Protocol = {
  name: "connect",
  header: {
    timeout: "connect-timeout-ms",
    encoding: "content-encoding",
    acceptEncoding: "accept-encoding",
  },
  trailer: {},
  parseTimeout,
  receive: (options) => new WholeBody(options),
  succeed: (options, message) => answer(options, 200, message),
  fail(options, error) {
    const { responseHeader } = options.context;
    responseHeader.set("content-type", contentTypeUnaryJson);
    if (!error.isWireError) mergeNonProtocolHeaders(responseHeader, error.metadata);
    const body = errorToJsonBytes(error, options.jsonOptions);
    return answer(options, codeToHttpStatus(error.code), body);
  },
};

async function answer(options: AnswerOptions, status: number, plain: Uint8Array): Promise<Answer> {
  const { context } = options;
  const compression = compressionFor(options, plain);
  const body = compression ? await compression.compress(plain) : plain;
  if (compression) context.responseHeader.set("content-encoding", compression.name);
  const { responseHeader: headers, responseTrailer: trailers } = context;
  for (const [name, value] of trailers) headers.append(`trailer-${name}`, value);
  headers.set("content-length", `${body.byteLength}`);
  return { status, headers, body };
}

/** The content types of Connect's unary calls. */
export const connectDialects: Readonly<Record<string, Dialect>> = {
  [contentTypeUnaryProto]: { protocol: connect, binary: true, answer: contentTypeUnaryProto },
  [contentTypeUnaryJson]: { protocol: connect, binary: false, answer: contentTypeUnaryJson },
};
