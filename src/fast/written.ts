// Answers as they were written. A message that is frozen is frozen with all that is in it, so it stays what it is.
import { type DescMessage, type Message, toBinary } from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import type { UniversalHandlerOptions } from "@connectrpc/connect/protocol";

export type Write = (message: Message) => Uint8Array;

/** Writes messages, the frozen ones once for as long as they are of use to anybody. */
export function writingOnce(write: Write): Write {
  const written = new WeakMap<Message, Uint8Array>();
  return (message) => {
    if (!Object.isFrozen(message)) return write(message);
    const bytes = written.get(message) ?? write(message);
    written.set(message, bytes);
    return bytes;
  };
}

/**
 * Writes messages of `schema` in binary form, as `write` does. Where they begin with a list of messages, those of them
 * that are frozen are written once.
 */
export function writingListsOnce(
  schema: DescMessage,
  write: Write,
  {
    binaryOptions,
    writeMaxBytes,
  }: Pick<UniversalHandlerOptions, "binaryOptions" | "writeMaxBytes">,
): Write {
  const [field] = schema.fields.toSorted((one, other) => one.number - other.number);
  const isList = field?.fieldKind === "list" && field.listKind === "message";
  if (!isList || field.delimitedEncoding) return write;
  const writeItem = writingOnce((item) => toBinary(field.message, item, binaryOptions));
  const spliced = (message: Message, items: readonly Message[]) => {
    const writer = new BinaryWriter();
    // Each has its tag and its length, and fields come in the order of their numbers.
    for (const item of items)
      writer.tag(field.number, WireType.LengthDelimited).bytes(writeItem(item));
    return writer.raw(write({ ...message, [field.localName]: [] })).finish();
  };
  return (message) => {
    const items = Reflect.get(message, field.localName) as readonly Message[];
    if (!items.some(Object.isFrozen)) return write(message);
    const bytes = attempt(() => spliced(message, items));
    // What cannot be written, or is too large, is refused in the words of who writes.
    return bytes === undefined || bytes.byteLength > writeMaxBytes ? write(message) : bytes;
  };
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
