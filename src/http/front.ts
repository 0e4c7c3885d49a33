// The seam between transport security and HTTP: what accepts connections, and what it hands over.
import type { Server, Socket } from "node:net";
import type { HttpLimits } from "./limit.ts";

/** How the requests on a connection are written. */
export type HttpProtocol = "http1" | "http2";

/** What a front does with connections. */
export interface Accepting {
  readonly limits: HttpLimits;
  /**
   * Call it with each connection as soon as it exists, so that closing the server finds it. A front that puts another
   * socket on top accepts that one, too, and calls what was returned for the first.
   */
  readonly accept: (socket: Socket) => () => void;
  /** Call it once the protocol is known. What was read to find out must have been put back. */
  readonly serve: (protocol: HttpProtocol, socket: Socket) => void;
}

/**
 * Makes the server that listens; it is not listening yet. Clear text looks at the first bytes, TLS at ALPN, too.
 * A connection that never becomes HTTP must end within `limits.headerMs`.
 */
export type Front = (accepting: Accepting) => Server;
