// Gathers the body of a request before Connect reads it. Connect copies all that it has of a message for each piece that
// comes, and a peer decides how many pieces those are: a megabyte in a hundred thousand of them kept the whole server
// busy for seconds, on public RPCs for anybody.
import { Heap } from "./heap.ts";

/** How a body is gathered. */
export interface Gathering {
  /** The largest message, in bytes. A larger one is passed on in part, to be refused. */
  readonly limit: number;
  /** The body consists of messages in envelopes: five bytes with flags and a length, then the message. */
  readonly enveloped: boolean;
}

/** True for the content types of gRPC, gRPC-Web, and streams of Connect. */
export function isEnveloped(contentType = ""): boolean {
  return /^application\/(?:grpc|connect\+)/i.test(contentType);
}

/** The same bytes, in pieces that end where a message does. Throws what `body` throws. */
export async function* gathered(
  body: AsyncIterable<Uint8Array>,
  gathering: Gathering,
): AsyncGenerator<Uint8Array> {
  const heap = new Heap();
  let wanted = gathering.enveloped ? headBytes : gathering.limit + 1;
  for await (const piece of body) {
    heap.add(piece);
    if (heap.size < wanted) continue;
    const isOpen = gathering.enveloped && wanted > 0;
    const { whole, next } = isOpen ? look(heap.bytes, gathering.limit) : passAll(heap);
    if (whole > 0) yield heap.take(whole);
    wanted = next;
  }
  if (heap.size > 0) yield heap.bytes;
}

const headBytes = 5;

/** What to do with the bytes that are there. */
interface Look {
  /** So many of them can be passed on. */
  readonly whole: number;
  /** With so many of the rest there may be more to pass on. */
  readonly next: number;
}

/** From now on everything is passed on as it comes: it is refused already. */
const passAll = ({ size }: { readonly size: number }): Look => ({ whole: size, next: 0 });

function look(bytes: Uint8Array, limit: number): Look {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let whole = 0; ; ) {
    if (bytes.byteLength - whole < headBytes) return { whole, next: headBytes };
    const length = view.getUint32(whole + 1);
    if (length > limit) return passAll({ size: bytes.byteLength });
    const end = whole + headBytes + length;
    if (end > bytes.byteLength) return { whole, next: end - whole };
    whole = end;
  }
}
