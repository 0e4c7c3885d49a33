// Numbers up to 128 bits as they are kept: text of fixed width, whose order byte by byte is that of the numbers.

const digits = 32;
const end = 1n << 128n;

/** 32 hexadecimal digits, lower case. Throws a RangeError for what is no number of 128 bits. */
export function hex(value: bigint): string {
  if (value < 0n || value >= end) throw new RangeError(`no number of 128 bits: ${value}`);
  return value.toString(16).padStart(digits, "0");
}

/** The number of such a text. */
export function fromHex(text: string): bigint {
  return BigInt(`0x${text}`);
}
