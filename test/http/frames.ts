// HTTP/2 frames as bytes (RFC 9113, section 4.1), for peers that do not keep to what they are told.
import type { Socket } from "node:net";

/** Frame types. */
export const headers = 1;
export const rstStream = 3;
export const settings = 4;
export const ping = 6;
export const goaway = 7;
export const windowUpdate = 8;
export const continuation = 9;

const endStream = 1;
const endHeaders = 4;

/** A frame as far as tests look at it. */
export interface Frame {
  readonly type: number;
  readonly stream: number;
  /** The first four bytes of the payload: the error code of RST_STREAM. */
  readonly code: number;
}

/** The connection preface of a client with empty SETTINGS. */
export const preface = Buffer.concat([
  Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
  frame(settings, 0, 0, Buffer.alloc(0)),
]);

/** SETTINGS with one value (RFC 9113, section 6.5.1). */
export function settingFrame(identifier: number, value: number): Buffer {
  const payload = Buffer.alloc(6);
  payload.writeUInt16BE(identifier, 0);
  payload.writeUInt32BE(value, 2);
  return frame(settings, 0, 0, payload);
}

/** The identifier of SETTINGS_INITIAL_WINDOW_SIZE. */
export const initialWindowSize = 4;

/** A frame whose payload is one number. */
export function numberFrame(type: number, stream: number, value: number): Buffer {
  const payload = Buffer.alloc(4);
  payload.writeUInt32BE(value);
  return frame(type, 0, stream, payload);
}

/** What a POST of JSON needs besides `:path`. */
export const requestHeaders: ReadonlyArray<readonly [string, string]> = [
  [":method", "POST"],
  [":scheme", "http"],
  [":authority", "localhost"],
  ["content-type", "application/json"],
];

/** HEADERS that leave the stream open, each field as a literal without indexing (RFC 7541, section 6.2.2). */
export function headersFrame(
  stream: number,
  fields: ReadonlyArray<readonly [string, string]>,
): Buffer {
  // Pseudo-header fields come first (RFC 9113, section 8.3).
  const ordered = fields.toSorted(
    ([a], [b]) => Number(b.startsWith(":")) - Number(a.startsWith(":")),
  );
  const block = ordered.map(([name, value]) =>
    Buffer.concat([Buffer.of(0), literal(name), literal(value)]),
  );
  return frame(headers, endHeaders, stream, Buffer.concat(block));
}

/** The same, and the request is complete with it. */
export function wholeRequest(
  stream: number,
  fields: ReadonlyArray<readonly [string, string]>,
): Buffer {
  const whole = headersFrame(stream, fields);
  whole.writeUInt8(endHeaders | endStream, 4);
  return whole;
}

/** The first `count` frames of `type`; then the connection is ended. */
export async function collectFrames(socket: Socket, type: number, count: number): Promise<Frame[]> {
  const found: Frame[] = [];
  for await (const arrived of readFrames(socket)) {
    if (arrived.type === type) found.push(arrived);
    if (found.length === count) break;
  }
  return found;
}

async function* readFrames(socket: Socket): AsyncGenerator<Frame, void> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of socket) {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 9 && rest.length >= 9 + rest.readUIntBE(0, 3)) {
      const end = 9 + rest.readUIntBE(0, 3);
      yield {
        type: rest.readUInt8(3),
        stream: rest.readUInt32BE(5),
        code: end >= 13 ? rest.readUInt32BE(9) : 0,
      };
      rest = rest.subarray(end);
    }
  }
}

/** Any frame. */
export function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

function literal(text: string): Buffer {
  if (text.length > 126) throw new RangeError("only short header fields are needed here");
  return Buffer.concat([Buffer.of(text.length), Buffer.from(text, "latin1")]);
}
