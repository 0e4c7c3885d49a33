// Bytes that arrived in pieces.

/** The bytes of all `pieces`. A single one is not copied. */
export function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const [first = new Uint8Array(), ...others] = pieces;
  // Node's pieces are Buffers, and fields of messages that are cut from one would be, too.
  if (others.length === 0) return new Uint8Array(first.buffer, first.byteOffset, first.byteLength);
  const all = new Uint8Array(pieces.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.byteLength;
  }
  return all;
}
