// A body that is the message, as unary calls of Connect have it.
import type { Message } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { Heap } from "../http/heap.ts";
import type { Intake, IntakeOptions } from "./protocol.ts";
import { assertSize } from "./too-large.ts";

/** Takes a body that is the message. Throws if its announced length exceeds the limit. */
export class WholeBody implements Intake {
  readonly #options: IntakeOptions;
  /** As announced, in bytes. */
  readonly #length: number | undefined;
  readonly #received = new Heap();

  constructor(options: IntakeOptions) {
    this.#options = options;
    this.#length = lengthOf(options.length);
    if (this.#length !== undefined) assertSize(this.#length, options.limit, true);
  }

  push(piece: Uint8Array): boolean {
    this.#received.add(piece);
    const { size } = this.#received;
    if (this.#length === undefined) assertSize(size, this.#options.limit, false);
    else if (size > this.#length) throw this.#another(this.#length);
    return false;
  }

  end(): Message {
    if (this.#length !== undefined && this.#received.size < this.#length)
      throw this.#another(this.#length);
    return this.#options.parse(this.#received.bytes);
  }

  #another(length: number): ConnectError {
    const text = `protocol error: promised ${length} bytes, received ${this.#received.size}`;
    return new ConnectError(text, Code.InvalidArgument);
  }
}

function lengthOf(header: string | undefined): number | undefined {
  const length = header === undefined ? Number.NaN : Number.parseInt(header, 10);
  return Number.isSafeInteger(length) && length >= 0 ? length : undefined;
}
