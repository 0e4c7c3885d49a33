// A body of messages in envelopes, of which a unary call has one: five bytes with flags and a length, then the message.
import type { Message } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { compressedFlag } from "@connectrpc/connect/protocol";
import { joined } from "./pieces.ts";
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
  #rest: Uint8Array = new Uint8Array();
  /** Flags and length of the envelope whose data is awaited. */
  #head: { readonly flags: number; readonly length: number } | undefined;
  readonly #messages: Message[] = [];

  constructor(options: IntakeOptions, skippedFlag = 0) {
    this.#options = options;
    this.#skippedFlag = skippedFlag;
  }

  push(piece: Uint8Array): boolean {
    this.#rest = joined(this.#rest.byteLength === 0 ? [piece] : [this.#rest, piece]);
    for (const envelope of this.#complete()) {
      this.#take(envelope);
      if (this.#messages.length > 1) return true;
    }
    return false;
  }

  end(): Message {
    const [message, another] = this.#messages;
    if (another !== undefined) throw unimplemented("received extra input message for unary method");
    if (this.#rest.byteLength > 0)
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
    if (this.#head === undefined || this.#rest.byteLength < this.#head.length) return undefined;
    const { flags, length } = this.#head;
    const data = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    this.#head = undefined;
    return { flags, data };
  }

  #readHead() {
    if (this.#rest.byteLength < headBytes) return undefined;
    const view = new DataView(this.#rest.buffer, this.#rest.byteOffset, headBytes);
    const [flags, length] = [view.getUint8(0), view.getUint32(1)];
    assertSize(length, this.#options.limit, true);
    this.#rest = this.#rest.subarray(headBytes);
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
