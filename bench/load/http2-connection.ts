// One connection of HTTP/2 (RFC 9113) that does nothing but repeat one request. It writes and reads frames itself: on a
// machine of two cores, a generator must not cost what a server costs, as Node's client does.
import { connect, type Socket } from "node:net";
import type { Connection, Repeated } from "./connection.ts";
import { forgotten, recalled, remembered } from "./hpack.ts";

const frameHead = 9;
const type = { data: 0, headers: 1, reset: 3, settings: 4, ping: 6, goaway: 7, window: 8 } as const;
const flag = { endStream: 1, ack: 1, endHeaders: 4 } as const;
/** What a peer may send before it is told to go on: more than all answers that are on their way. */
const window = 1 << 24;
/** `:status: 200` in the static table of HPACK. */
const status200 = 0x88;
/** Streams are told apart by so many of their bits. */
const streamMask = 0xffff;

/** Opens a connection; calls wait until it is there. */
export function openHttp2(repeated: Repeated): Connection {
  return new Http2Connection(repeated);
}

class Http2Connection implements Connection {
  readonly #repeated: Repeated;
  readonly #socket: Socket;
  readonly #fields: ReadonlyArray<readonly [string, string]>;
  readonly #recalled: Buffer;
  readonly #started = new Float64Array(streamMask + 1);
  readonly #bytes = new Uint32Array(streamMask + 1);
  readonly #failed = new Uint8Array(streamMask + 1);
  readonly #open = new Uint8Array(streamMask + 1);
  #rest: Buffer = Buffer.alloc(0);
  #nextStream = 1;
  #received = 0;
  #closed = false;

  constructor(repeated: Repeated) {
    this.#repeated = repeated;
    const { url, request } = repeated;
    this.#fields = [
      [":method", "POST"],
      [":scheme", "http"],
      [":authority", url.host],
      [":path", request.path],
      ...Object.entries(request.headers),
    ];
    this.#recalled = recalled(this.#fields);
    this.#socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true });
    this.#socket.on("data", (chunk) => this.#read(chunk));
    this.#socket.on("error", (error) => this.#end(error));
    this.#socket.on("close", () => this.#end(new Error("the server has closed the connection")));
    this.#socket.write(preface);
  }

  call(startedMs: number): void {
    const stream = this.#nextStream;
    this.#nextStream += 2;
    const slot = (stream >> 1) & streamMask;
    this.#started[slot] = startedMs;
    this.#bytes[slot] = 0;
    this.#failed[slot] = 0;
    this.#open[slot] = 1;
    this.#socket.write(this.#requestOn(stream));
  }

  close(): void {
    this.#closed = true;
    this.#socket.destroy();
  }

  #requestOn(stream: number): Buffer {
    const { request, sign } = this.#repeated;
    const known = stream === 1 ? remembered(this.#fields) : this.#recalled;
    const block = Buffer.concat([known, forgotten(sign())]);
    return Buffer.concat([
      head(block.length, type.headers, flag.endHeaders, stream),
      block,
      head(request.body.length, type.data, flag.endStream, stream),
      request.body,
    ]);
  }

  #read(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    this.#socket.cork();
    while (bytes.length - at >= frameHead) {
      const end = at + frameHead + bytes.readUIntBE(at, 3);
      if (end > bytes.length) break;
      this.#frame(bytes, at, end);
      at = end;
    }
    this.#socket.uncork();
    this.#rest = bytes.subarray(at);
  }

  #frame(bytes: Buffer, at: number, end: number): void {
    const [kind, flags] = [bytes[at + 3], bytes[at + 4] ?? 0];
    const stream = bytes.readUInt32BE(at + 5);
    const slot = (stream >> 1) & streamMask;
    const begin = at + frameHead;
    if (kind === type.data) this.#count(slot, end - begin);
    if (kind === type.headers && this.#bytes[slot] === 0) this.#judge(slot, bytes, begin, flags);
    if (kind === type.reset) this.#failed[slot] = 1;
    if (kind === type.settings && (flags & flag.ack) === 0)
      this.#socket.write(head(0, type.settings, flag.ack, 0));
    if (kind === type.ping && (flags & flag.ack) === 0) this.#pong(bytes.subarray(begin, end));
    if (kind === type.goaway) this.#end(new Error("the server sends its clients away"));
    const isLast = (kind === type.data || kind === type.headers) && (flags & flag.endStream) !== 0;
    if (isLast || kind === type.reset) this.#answered(slot);
  }

  #count(slot: number, length: number): void {
    this.#bytes[slot] = (this.#bytes[slot] ?? 0) + length;
    this.#received += length;
    if (this.#received < window / 2) return;
    this.#socket.write(windowUpdate(this.#received));
    this.#received = 0;
  }

  /** The status comes first. Without a message behind it, whatever HTTP says, gRPC has refused. */
  #judge(slot: number, bytes: Buffer, begin: number, flags: number): void {
    // The peer says first how much it remembers, if it says so at all (RFC 7541, section 6.3).
    const isResize = ((bytes[begin] ?? 0) & 0xe0) === 0x20;
    const status = bytes[isResize ? begin + 1 : begin];
    if (status !== status200 || (flags & flag.endStream) !== 0) this.#failed[slot] = 1;
  }

  #answered(slot: number): void {
    const { onAnswer } = this.#repeated;
    // A stream may be reset although it was answered.
    if (this.#open[slot] !== 1) return;
    this.#open[slot] = 0;
    onAnswer(this.#started[slot] ?? 0, this.#failed[slot] === 1, this.#bytes[slot] ?? 0);
  }

  #pong(payload: Buffer): void {
    this.#socket.write(Buffer.concat([head(payload.length, type.ping, flag.ack, 0), payload]));
  }

  #end(error: Error): void {
    if (!this.#closed) throw error;
  }
}

function head(length: number, kind: number, flags: number, stream: number): Buffer {
  const bytes = Buffer.allocUnsafe(frameHead);
  bytes.writeUIntBE(length, 0, 3);
  bytes.writeUInt8(kind, 3);
  bytes.writeUInt8(flags, 4);
  bytes.writeUInt32BE(stream, 5);
  return bytes;
}

function windowUpdate(increment: number): Buffer {
  const payload = Buffer.alloc(4);
  payload.writeUInt32BE(increment);
  return Buffer.concat([head(4, type.window, 0, 0), payload]);
}

/** One value of SETTINGS (RFC 9113, section 6.5.1). */
function setting(identifier: number, value: number): Buffer {
  const bytes = Buffer.alloc(6);
  bytes.writeUInt16BE(identifier, 0);
  bytes.writeUInt32BE(value, 2);
  return bytes;
}

/** Nothing remembered of what the server sends, so that a status is one byte; and a window that never closes. */
const settings = Buffer.concat([setting(1, 0), setting(4, window)]);

const preface = Buffer.concat([
  Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
  head(settings.length, type.settings, 0, 0),
  settings,
  windowUpdate(window),
]);
