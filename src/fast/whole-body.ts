// A body that is the message, as unary calls of Connect have it.
import type { Message } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { joined } from "./pieces.ts";
import type { Intake, IntakeOptions } from "./protocol.ts";
import { assertSize } from "./too-large.ts";

/** Takes a body that is the message. Throws if its announced length exceeds the limit. */
export class WholeBody implements Intake {
  readonly #options: IntakeOptions;
  /** As announced, in bytes. */
  readonly #length: number | undefined;
  readonly #pieces: Uint8Array[] = [];
  #received = 0;

  constructor(options: IntakeOptions) {
    this.#options = options;
    this.#length = lengthOf(options.length);
    if (this.#length !== undefined) assertSize(this.#length, options.limit, true);
  }

  push(piece: Uint8Array): boolean {
    this.#received += piece.byteLength;
    if (this.#length === undefined) assertSize(this.#received, this.#options.limit, false);
    else if (this.#received > this.#length) throw this.#another(this.#length);
    this.#pieces.push(piece);
    return false;
  }

  end(): Message {
    if (this.#length !== undefined && this.#received < this.#length)
      throw this.#another(this.#length);
    return this.#options.parse(joined(this.#pieces));
  }

  #another(length: number): ConnectError {
    const text = `protocol error: promised ${length} bytes, received ${this.#received}`;
    return new ConnectError(text, Code.InvalidArgument);
  }
}

function lengthOf(header: string | undefined): number | undefined {
  const length = header === undefined ? Number.NaN : Number.parseInt(header, 10);
  return Number.isSafeInteger(length) && length >= 0 ? length : undefined;
}
