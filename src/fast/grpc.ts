// Unary calls of gRPC, whose status stands in the trailers, and of gRPC-Web, whose trailers stand in the body.
import {
  encodeEnvelope,
  encodeEnvelopes,
  envelopeCompress,
  type EnvelopedMessage,
} from "@connectrpc/connect/protocol";
import {
  contentTypeJson,
  contentTypeProto,
  grpcStatusOk,
  parseTimeout,
  setTrailerStatus,
} from "@connectrpc/connect/protocol-grpc";
import {
  contentTypeJson as contentTypeWebJson,
  contentTypeProto as contentTypeWebProto,
  trailerFlag,
  trailerSerialize,
} from "@connectrpc/connect/protocol-grpc-web";
import { Envelopes } from "./envelopes.ts";
import {
  type Answer,
  type AnswerOptions,
  compressionFor,
  type Dialect,
  type Protocol,
} from "./protocol.ts";

const common = {
  header: {
    timeout: "grpc-timeout",
    encoding: "grpc-encoding",
    acceptEncoding: "grpc-accept-encoding",
    answerEncoding: "grpc-encoding",
  },
  trailer: { "grpc-status": grpcStatusOk },
  parseTimeout,
} satisfies Partial<Protocol>;

const grpc: Protocol = {
  ...common,
  name: "grpc",
  receive: (options) => new Envelopes(options),
  async succeed(options, message) {
    const { flags, data } = await compressed(options, { flags: 0, data: message });
    return answer(options, { body: encodeEnvelope(flags, data) });
  },
  async fail(options, error) {
    setTrailerStatus(options.context.responseTrailer, error);
    return answer(options, {});
  },
};

function answer({ context }: AnswerOptions, { body }: Pick<Answer, "body">): Answer {
  const { responseHeader: headers, responseTrailer: trailers } = context;
  return { status: 200, headers, trailers, ...(body && { body }) };
}

const grpcWeb: Protocol = {
  ...common,
  name: "grpc-web",
  receive: (options) => new Envelopes(options, trailerFlag),
  succeed: (options, message) => webAnswer(options, [{ flags: 0, data: message }]),
  fail(options, error) {
    setTrailerStatus(options.context.responseTrailer, error);
    return webAnswer(options, []);
  },
};

async function webAnswer(options: AnswerOptions, messages: EnvelopedMessage[]): Promise<Answer> {
  const { responseHeader: headers, responseTrailer } = options.context;
  const trailer = { flags: trailerFlag, data: trailerSerialize(responseTrailer) };
  const all: EnvelopedMessage[] = [];
  for (const envelope of [...messages, trailer]) all.push(await compressed(options, envelope));
  return { status: 200, headers, body: encodeEnvelopes(...all) };
}

/** At once where nothing is compressed, as most answers are too small for it. */
function compressed(
  options: AnswerOptions,
  envelope: EnvelopedMessage,
): EnvelopedMessage | Promise<EnvelopedMessage> {
  const compression = compressionFor(options, envelope.data);
  return compression === undefined ? envelope : envelopeCompress(envelope, compression, 0);
}

const binaryGrpc = { protocol: grpc, binary: true, answer: contentTypeProto };
const binaryWeb = { protocol: grpcWeb, binary: true, answer: contentTypeWebProto };

/** The content types of gRPC and gRPC-Web. */
export const grpcDialects: Readonly<Record<string, Dialect>> = {
  "application/grpc": binaryGrpc,
  [contentTypeProto]: binaryGrpc,
  [contentTypeJson]: { protocol: grpc, binary: false, answer: contentTypeJson },
  "application/grpc-web": binaryWeb,
  [contentTypeWebProto]: binaryWeb,
  [contentTypeWebJson]: { protocol: grpcWeb, binary: false, answer: contentTypeWebJson },
};
