// Answers as they were written. A message that is frozen is frozen with all that is in it, so it stays what it is.
import type { Message } from "@bufbuild/protobuf";

/** Writes messages, the frozen ones once for as long as they are of use to anybody. */
export function writingOnce(
  write: (message: Message) => Uint8Array,
): (message: Message) => Uint8Array {
  const written = new WeakMap<Message, Uint8Array>();
  return (message) => {
    if (!Object.isFrozen(message)) return write(message);
    const bytes = written.get(message) ?? write(message);
    written.set(message, bytes);
    return bytes;
  };
}
