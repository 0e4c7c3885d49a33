// What the protocols differ in, as far as a unary call needs it whose request is not compressed.
import type { JsonReadOptions, JsonWriteOptions, Message } from "@bufbuild/protobuf";
import type { ConnectError } from "@connectrpc/connect";
import type { Compression } from "@connectrpc/connect/protocol";
import type { CallContext } from "./context.ts";
import type { NodeHeaders } from "./headers.ts";

/** Takes the body of a request as it arrives. What a method throws ends the call. */
export interface Intake {
  /** Takes a piece. True if no more is wanted: `end` comes next, and the rest stays unread. */
  push(piece: Uint8Array): boolean;
  /** The message, when everything has arrived. */
  end(): Message;
}

/** How a request is read. */
export interface IntakeOptions {
  readonly parse: (bytes: Uint8Array) => Message;
  /** The largest message, in bytes. */
  readonly limit: number;
  /** The header `content-length`. */
  readonly length: string | undefined;
}

/** What an answer depends on. */
export interface AnswerOptions {
  readonly context: Pick<CallContext, "responseHeader" | "responseTrailer">;
  /** What the client would like answers to be compressed with. */
  readonly compression: Compression | null;
  /** Answers of fewer bytes are not compressed. */
  readonly compressMinBytes: number;
  readonly jsonOptions: Partial<JsonReadOptions & JsonWriteOptions> | undefined;
}

/** What `data` is to be compressed with, if at all. */
export const compressionFor = (
  { compression, compressMinBytes }: AnswerOptions,
  data: Uint8Array,
): Compression | undefined =>
  compression !== null && data.byteLength >= compressMinBytes ? compression : undefined;

/** What is sent back. */
export interface Answer {
  readonly status: number;
  readonly headers: NodeHeaders;
  readonly body?: Uint8Array;
  /** Trailers of HTTP itself, where the protocol has some. */
  readonly trailers?: NodeHeaders;
}

/** A protocol. */
export interface Protocol {
  /** As `HandlerContext` has it. */
  readonly name: "connect" | "grpc" | "grpc-web";
  /** The names of headers, in lower case. */
  readonly header: {
    readonly timeout: string;
    readonly encoding: string;
    readonly acceptEncoding: string;
    /** The one that tells of the encoding of answers before anything is known of them; none if absent. */
    readonly answerEncoding?: string;
  };
  /** What stands in the trailers before anything has happened. */
  readonly trailer: Readonly<Record<string, string>>;
  readonly parseTimeout: (
    value: string | null,
    maxTimeoutMs: number,
  ) => { readonly timeoutMs?: number; readonly error?: ConnectError };
  readonly receive: (options: IntakeOptions) => Intake;
  readonly succeed: (options: AnswerOptions, message: Uint8Array) => Promise<Answer>;
  readonly fail: (options: AnswerOptions, error: ConnectError) => Promise<Answer>;
}

/** A content type of requests. */
export interface Dialect {
  readonly protocol: Protocol;
  /** Messages are protobuf's binary form; JSON otherwise. */
  readonly binary: boolean;
  /** The content type of answers. */
  readonly answer: string;
}
