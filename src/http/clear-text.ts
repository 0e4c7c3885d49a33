// HTTP/1.1 and HTTP/2 with prior knowledge on one clear text port: the first bytes of a connection tell which.
import { createServer, type Socket } from "node:net";
import type { Accepting, Front, HttpProtocol } from "./front.ts";

/** What every HTTP/2 client sends first (RFC 9113, section 3.4). No HTTP/1.1 request begins like this. */
const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "latin1");

/** After this long without a sign of life, in milliseconds, TCP asks the peer whether it still exists. */
export const keepAliveProbeMs = 60_000;

/** A front without TLS. */
export const clearText: Front = (accepting) =>
  createServer(
    {
      // As the HTTP servers of Node would listen themselves: they see to the end of the peer's half.
      allowHalfOpen: true,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: keepAliveProbeMs,
    },
    (socket) => {
      accepting.accept(socket);
      recognise(socket, accepting);
    },
  );

/**
 * Serves `socket` by what its first bytes say. It is ended if they take longer than `limits.headerMs`, or say something
 * else than was `agreed` on before.
 */
export function recognise(
  socket: Socket,
  { limits, serve }: Accepting,
  agreed?: HttpProtocol,
): void {
  let head: Buffer = Buffer.alloc(0);
  const giveUp = () => void socket.destroy();
  const deadline = setTimeout(giveUp, limits.headerMs).unref();
  const look = () => {
    head = Buffer.concat([head, ...unread(socket)]);
    const protocol = protocolOf(head);
    if (protocol === undefined) return;
    stop();
    if (agreed !== undefined && protocol !== agreed) return giveUp();
    socket.unshift(head);
    serve(protocol, socket);
  };
  const stop = () => {
    clearTimeout(deadline);
    socket.off("readable", look).off("end", giveUp).off("close", stop);
  };
  socket.on("readable", look).once("end", giveUp).once("close", stop);
}

function unread(socket: Socket): Buffer[] {
  const chunk: unknown = socket.read();
  return chunk instanceof Buffer ? [chunk] : [];
}

/** Undefined while the bytes may still become the preface. */
function protocolOf(head: Buffer): HttpProtocol | undefined {
  const length = Math.min(head.length, preface.length);
  if (!head.subarray(0, length).equals(preface.subarray(0, length))) return "http1";
  return length === preface.length ? "http2" : undefined;
}
