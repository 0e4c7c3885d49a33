// Bytes that arrive in pieces, as many as a peer likes: neither each of them nor all before them may cost anything for
// each piece.

/** A growing heap of bytes. Each is copied a few times at most, and a single piece not at all. */
export class Heap {
  #room: Uint8Array = new Uint8Array();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** What is there. Later pieces do not change it. */
  get bytes(): Uint8Array {
    return this.#room.subarray(0, this.#size);
  }

  add(piece: Uint8Array): void {
    const size = this.#size + piece.byteLength;
    // Node's pieces are Buffers, and fields of messages that are cut from one would be, too.
    if (this.#size === 0)
      this.#room = new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength);
    else this.#append(piece, size);
    this.#size = size;
  }

  /** Takes the first `size` bytes out. */
  take(size: number): Uint8Array {
    const taken = this.#room.subarray(0, size);
    this.#room = this.#room.subarray(size);
    this.#size -= size;
    return taken;
  }

  /** A piece that was not copied is as large as the room, so nothing is ever written into one. */
  #append(piece: Uint8Array, size: number): void {
    if (size > this.#room.byteLength) {
      const room = new Uint8Array(Math.max(size, 2 * this.#size));
      room.set(this.bytes);
      this.#room = room;
    }
    this.#room.set(piece, this.#size);
  }
}
