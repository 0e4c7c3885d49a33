// A body of messages in envelopes, of which a unary call has one: five bytes with flags and a length, then the message.
import type { Message } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { compressedFlag } from "@connectrpc/connect/protocol";
import { Heap } from "../http/heap.ts";
import type { Intake, IntakeOptions } from "./protocol.ts";
import { assertSize } from "./too-large.ts";

const headBytes = 5;

interface Envelope {
  readonly flags: number;
  readonly data: Uint8Array;
}

/** Takes envelopes, and wants one message. Envelopes with `skippedFlag` are no messages. */
export class Envelopes implements Intake {
  readonly #options: IntakeOptions;
  readonly #skippedFlag: number;
  /** What arrived and belongs to no envelope yet. */
  readonly #rest = new Heap();
  /** Flags and length of the envelope whose data is awaited. */
  #head: { readonly flags: number; readonly length: number } | undefined;
  readonly #messages: Message[] = [];

  constructor(options: IntakeOptions, skippedFlag = 0) {
    this.#options = options;
    this.#skippedFlag = skippedFlag;
  }

  push(piece: Uint8Array): boolean {
    this.#rest.add(piece);
    for (const envelope of this.#complete()) {
      this.#take(envelope);
      if (this.#messages.length > 1) return true;
    }
    return false;
  }

  end(): Message {
    const [message, another] = this.#messages;
    if (another !== undefined) throw unimplemented("received extra input message for unary method");
    if (this.#rest.size > 0)
      throw new ConnectError("protocol error: incomplete envelope", Code.InvalidArgument);
    if (message === undefined) throw unimplemented("missing input message for unary method");
    return message;
  }

  /** All of them before any is looked at: one that is too large is refused first. */
  #complete(): Envelope[] {
    const complete: Envelope[] = [];
    for (let next = this.#cut(); next !== undefined; next = this.#cut()) complete.push(next);
    return complete;
  }

  #cut(): Envelope | undefined {
    this.#head ??= this.#readHead();
    if (this.#head === undefined || this.#rest.size < this.#head.length) return undefined;
    const { flags, length } = this.#head;
    const data = this.#rest.take(length);
    this.#head = undefined;
    return { flags, data };
  }

  #readHead() {
    if (this.#rest.size < headBytes) return undefined;
    const { buffer, byteOffset } = this.#rest.bytes;
    const view = new DataView(buffer, byteOffset, headBytes);
    const [flags, length] = [view.getUint8(0), view.getUint32(1)];
    assertSize(length, this.#options.limit, true);
    this.#rest.take(headBytes);
    return { flags, length };
  }

  #take({ flags, data }: Envelope): void {
    if ((flags & compressedFlag) !== 0)
      throw new ConnectError(
        "received compressed envelope, but do not know how to decompress",
        Code.Internal,
      );
    if ((flags & this.#skippedFlag) === 0) this.#messages.push(this.#options.parse(data));
  }
}

const unimplemented = (what: string) =>
  new ConnectError(`protocol error: ${what}`, Code.Unimplemented);
