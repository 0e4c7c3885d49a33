// Calls over HTTP/1.1.
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import type { Message } from "@bufbuild/protobuf";
import { breakOff } from "../http/break-off.ts";
import type { Exchange } from "./exchange.ts";
import type { Answer, Intake } from "./protocol.ts";
import { receive } from "./receive.ts";
import { shortenStatus } from "../http/grpc-status.ts";
import { urlOf } from "./url.ts";

/** A request of `node:http`, and its answer. The time for its body is bounded by whoever hands it over. */
export class Http1Exchange implements Exchange {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;

  constructor(request: IncomingMessage, response: ServerResponse) {
    this.#request = request;
    this.#response = response;
  }

  get method(): string {
    return this.#request.method ?? "";
  }

  get headers(): IncomingHttpHeaders {
    return this.#request.headers;
  }

  get url(): string {
    const { socket, headers, url: path } = this.#request;
    const encrypted = "encrypted" in socket && socket.encrypted === true;
    return urlOf({ encrypted, authority: headers.host, path });
  }

  get isGone(): boolean {
    return this.#response.destroyed;
  }

  whyGone(): undefined {
    return undefined;
  }

  /** Node tells that a request is closed as soon as it was read. */
  onGone(then: () => void): () => void {
    this.#response.once("close", then);
    return () => this.#response.off("close", then);
  }

  receive(intake: Intake): Promise<Message> {
    return receive(this.#request, intake);
  }

  send({ status, headers, body, trailers }: Answer): void {
    if (trailers !== undefined) shortenStatus(trailers);
    this.#response.writeHead(status, headers.toNode());
    if (trailers !== undefined) this.#response.addTrailers(trailers.toNode());
    this.#response.end(body);
  }

  breakOff(): void {
    breakOff(this.#response);
  }
}
