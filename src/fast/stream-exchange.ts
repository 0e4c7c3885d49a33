// Calls over HTTP/2, each on its stream.
import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import type { Message } from "@bufbuild/protobuf";
import type { ConnectError } from "@connectrpc/connect";
import { tooLate } from "../http/body-deadline.ts";
import { resetAfterAnswer } from "../http/early-answer.ts";
import { shortenStatus } from "../http/grpc-status.ts";
import type { StreamHead } from "../http/listener.ts";
import type { Exchange } from "./exchange.ts";
import { whyReset } from "./gone.ts";
import type { Answer, Intake } from "./protocol.ts";
import { receive } from "./receive.ts";
import { urlOf } from "./url.ts";

/** A stream of `node:http2`. */
export class StreamExchange implements Exchange {
  readonly headers: IncomingHttpHeaders;
  readonly #stream: ServerHttp2Stream;
  readonly #authority: string | undefined;
  readonly #bodyMs: number;

  /** `bodyMs`: how long the body may take, in milliseconds. */
  constructor({ stream, headers, authority }: StreamHead, bodyMs: number) {
    this.headers = headers;
    this.#stream = stream;
    this.#authority = authority;
    this.#bodyMs = bodyMs;
  }

  get method(): string {
    return this.headers[":method"] ?? "";
  }

  get url(): string {
    const encrypted = this.#stream.session?.encrypted === true;
    return urlOf({ encrypted, authority: this.#authority, path: this.headers[":path"] });
  }

  get isGone(): boolean {
    return this.#stream.destroyed;
  }

  whyGone(): ConnectError | undefined {
    return whyReset(this.#stream.rstCode);
  }

  onGone(then: () => void): () => void {
    this.#stream.once("close", then);
    return () => this.#stream.off("close", then);
  }

  receive(intake: Intake): Promise<Message> {
    return receive(this.#stream, intake, { withinMs: this.#bodyMs, tooLate });
  }

  send({ status, headers, body, trailers }: Answer): void {
    const stream = this.#stream;
    if (!stream.readableEnded) resetAfterAnswer(stream);
    const waitForTrailers = trailers !== undefined;
    if (waitForTrailers) {
      shortenStatus(trailers);
      stream.once("wantTrailers", () => stream.sendTrailers(trailers.toNode()));
    }
    stream.respond({ ":status": status, ...headers.toNode() }, { waitForTrailers });
    stream.end(body);
  }

  breakOff(): void {
    this.#stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  }
}
