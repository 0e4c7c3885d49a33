// A request and the answer to it, whatever version of HTTP they are in.
import type { IncomingHttpHeaders } from "node:http";
import type { Message } from "@bufbuild/protobuf";
import type { ConnectError } from "@connectrpc/connect";
import type { Answer, Intake } from "./protocol.ts";

/** A request whose headers have arrived, and that is to be answered. */
export interface Exchange {
  readonly method: string;
  /** Scheme, authority and path. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  /** The client has gone. */
  readonly isGone: boolean;
  /** Why, if it said so. */
  whyGone(): ConnectError | undefined;
  /** Calls `then` when the client goes, until what is returned is called. */
  onGone(then: () => void): () => void;
  /** The message. Rejects with what `intake` throws, after which the rest stays unread, or if there is no end. */
  receive(intake: Intake): Promise<Message>;
  /** Throws if a header has no place in HTTP. */
  send(answer: Answer): void;
  /** Ends what could not be answered. */
  breakOff(): void;
}
