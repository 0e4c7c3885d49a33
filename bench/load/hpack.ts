// Header fields as bytes (RFC 7541): enough of HPACK to send the same fields again for one byte each.

/** The first index of the dynamic table (RFC 7541, section 2.3.3). */
const firstDynamic = 62;
/** Representations (RFC 7541, section 6): their first byte, without the index. */
const indexed = 0x80;
const literalToIndex = 0x40;
const literal = 0x00;

type Field = readonly [name: string, value: string];

/** Fields that the peer is to remember, the last one nearest. */
export const remembered = (fields: readonly Field[]): Buffer =>
  Buffer.concat(fields.map((field) => literalField(literalToIndex, field)));

/** The same fields, when the peer remembers these and nothing since. Throws if they are too many for a byte each. */
export function recalled(fields: readonly Field[]): Buffer {
  const newest = firstDynamic + fields.length - 1;
  if (newest >= 127) throw new RangeError("more fields than a byte tells apart");
  return Buffer.from(fields.map((_, at) => indexed | (newest - at)));
}

/** Fields that the peer reads and forgets. */
export const forgotten = (fields: readonly Field[]): Buffer =>
  Buffer.concat(fields.map((field) => literalField(literal, field)));

function literalField(form: number, [name, value]: Field): Buffer {
  const bytes = Buffer.allocUnsafe(
    1 + lengthSize(name) + name.length + lengthSize(value) + value.length,
  );
  let at = bytes.writeUInt8(form, 0);
  for (const text of [name, value]) {
    at = writeLength(bytes, text.length, at);
    at += bytes.write(text, at, "latin1");
  }
  return bytes;
}

/** The bytes of a length with a prefix of seven bits (RFC 7541, section 5.1). */
function lengthSize({ length }: string): number {
  if (length < 127) return 1;
  return length - 127 < 128 ? 2 : 3;
}

function writeLength(bytes: Buffer, length: number, at: number): number {
  if (length < 127) return bytes.writeUInt8(length, at);
  const rest = length - 127;
  if (rest >= 128 ** 2) throw new RangeError("a header field is too long");
  const next = bytes.writeUInt8(127, at);
  if (rest < 128) return bytes.writeUInt8(rest, next);
  return bytes.writeUInt8(rest >> 7, bytes.writeUInt8((rest & 127) | 128, next));
}
