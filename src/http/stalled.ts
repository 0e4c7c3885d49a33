// Ends what a peer does not read: an answer that stays in memory for good costs more than the call did. Node's own
// timeouts take bytes that wait in the socket for progress, so progress is looked at here.
import type { Server } from "node:http";
import { constants, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import type { Socket } from "node:net";

/** Whoever reads more slowly is cut at last; 4 MiB then take four minutes. */
const slowestBytesPerMs = 16;

/** So often a PING may be unanswered when it is looked at: on a slow line it waits behind what was written before. */
const pingsToMiss = 2;

/**
 * Cuts connections of `server` on which something waits to be read for `stallMs` milliseconds without progress. A stream
 * may be quiet for as long as it likes; a connection without calls (`isIdle`) ends when Node finds that it is.
 */
export function endStalledHttp1(
  server: Server,
  stallMs: number,
  isIdle: (socket: Socket) => boolean,
): void {
  server.setTimeout(stallMs, (socket: Socket) => {
    if (socket.writableLength > 0 || isIdle(socket)) socket.destroy();
  });
}

/**
 * Resets streams of `session` that the peer does not read, and destroys its `socket` if a peer that has opened streams
 * does not even answer a PING within three times `stallMs` milliseconds.
 */
export function endStalledHttp2(
  session: ServerHttp2Session,
  socket: Socket,
  stallMs: number,
): void {
  const streams = new Map<ServerHttp2Stream, Waiting>();
  let wasBusy = false;
  let unanswered = 0;
  const look = () => {
    // Destroying the session would wait for what is written to be read.
    if (unanswered > pingsToMiss) return void socket.destroy();
    for (const [stream, waiting] of streams) lookAt(stream, waiting, stallMs);
    if (unanswered > 0) return void (unanswered += 1);
    // Once more after the last stream: what was written to it may still wait in the socket.
    if (wasBusy || streams.size > 0) unanswered = ping(session, () => (unanswered = 0)) ? 1 : 0;
    wasBusy = streams.size > 0;
  };
  const timer = setInterval(look, stallMs).unref();
  session.once("close", () => clearInterval(timer));
  session.on("stream", (stream) => {
    wasBusy = true;
    streams.set(stream, { bytes: 0, sinceMs: 0 });
    stream.once("close", () => streams.delete(stream));
  });
}

/** What waited to be read on a stream when it was last looked at, and since when nothing of it was read. */
interface Waiting {
  bytes: number;
  sinceMs: number;
}

function lookAt(stream: ServerHttp2Stream, waiting: Waiting, stallMs: number): void {
  const bytes = stream.writableLength;
  const nowMs = performance.now();
  if (waiting.bytes === 0 || bytes < waiting.bytes) waiting.sinceMs = nowMs;
  waiting.bytes = bytes;
  if (bytes === 0 || nowMs - waiting.sinceMs < stallMs + bytes / slowestBytesPerMs) return;
  stream.close(constants.NGHTTP2_CANCEL);
  // Closing waits for what is written to be read.
  stream.destroy();
}

/** False if the session is at its end, or still waits for earlier answers. */
function ping(session: ServerHttp2Session, onAnswer: () => void): boolean {
  return !session.closed && !session.destroyed && session.ping(onAnswer);
}
