// All open connections of one port, so that a stop can let the busy ones finish and end the rest.
import type { ServerResponse } from "node:http";
import type { ServerHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import type { HttpLimits } from "./limit.ts";
import { plainAddress, sourceOf } from "./source.ts";
import { Tally } from "./tally.ts";

/** How a connection is closed gently. */
interface Closing {
  /** Says in the answers that are under way that they are the last. */
  readonly announce: () => void;
  /** Takes nothing new, and closes when nothing is under way. */
  readonly close: () => void;
}

type ConnectionLimits = Pick<HttpLimits, "lingerMs" | "noticeMs" | "connectionsPerSource">;

/** What is known of peers before they have said anything. */
export interface Peers {
  /** True for the address of a proxy of ours, which may open any number of connections. */
  readonly isProxy: (address: string) => boolean;
  /** False for a source (see `sourceOf`) none of whose requests would be let in at the moment. */
  readonly hasRoom: (source: string) => boolean;
}

const anybody: Peers = { isProxy: () => false, hasRoom: () => true };

/** Keeps every connection from `accept` until its socket is closed. */
export class Connections {
  readonly #open = new Map<Socket, Closing>();
  readonly #calls = new Map<Socket, Set<ServerResponse>>();
  readonly #perSource = new Tally();
  readonly #limits: ConnectionLimits;
  readonly #peers: Peers;
  #closing = false;

  constructor(limits: ConnectionLimits, peers: Partial<Peers> = {}) {
    this.#limits = limits;
    this.#peers = { ...anybody, ...peers };
  }

  /**
   * A new connection; nothing is known about it yet, so closing gently means ending it. What is returned leaves the
   * end to a socket that lies on top.
   */
  accept(socket: Socket): () => void {
    const discount = this.#count(socket);
    const forget = () => {
      this.#open.delete(socket);
      discount();
    };
    this.#open.set(socket, { announce: () => {}, close: () => socket.destroy() });
    socket.once("close", forget);
    // The protocol servers report what matters; a reset during recognition concerns nobody.
    socket.on("error", () => socket.destroy());
    // A peer that never closes its half must not keep a connection that is finished.
    socket.once("finish", () => this.#linger(socket));
    return forget;
  }

  /** From now on the connection speaks HTTP/1.1, and `call` tells when it is busy. */
  serveHttp1(socket: Socket): void {
    const calls = new Set<ServerResponse>();
    this.#calls.set(socket, calls);
    // Node would destroy the socket, and if there is something unread the reset overtakes the answer; the linger
    // that follows "finish" gives the peer time to read it (RFC 9112, section 9.6).
    socket.destroySoon = () => socket.end();
    this.#open.set(socket, {
      announce: () => {
        for (const response of calls) response.shouldKeepAlive = false;
      },
      close: () => {
        if (calls.size === 0) socket.destroy();
      },
    });
    socket.once("close", () => this.#calls.delete(socket));
  }

  /**
   * One HTTP/1.1 request has arrived, and `response` will answer it. False if it comes too late to be answered: behind
   * one whose answer said that it is the last.
   */
  call(response: ServerResponse): boolean {
    const { socket } = response.req;
    const calls = this.#calls.get(socket);
    if (calls === undefined || (this.#closing && calls.size > 0)) return false;
    if (this.#closing) response.shouldKeepAlive = false;
    calls.add(response);
    response.once("close", () => {
      calls.delete(response);
      if (this.#closing && calls.size === 0) socket.end();
    });
    return true;
  }

  /** True if an HTTP/1.1 connection waits for a request. */
  isIdle(socket: Socket): boolean {
    return this.#calls.get(socket)?.size === 0;
  }

  /** False if every request of this connection would be refused at the moment. */
  hasRoom(socket: Socket): boolean {
    const source = this.#sourceOf(socket);
    return source === undefined || this.#peers.hasRoom(source);
  }

  /** From now on the connection speaks HTTP/2: it is closed by GOAWAY, after its last stream, or when idle. */
  serveHttp2(socket: Socket, session: ServerHttp2Session, idleMs: number): void {
    this.#open.set(socket, { announce: () => {}, close: () => session.close() });
    // A peer that has closed its half acknowledges nothing any more, so nothing can come to its end.
    socket.once("end", () => session.destroy());
    closeWhenIdle(session, idleMs);
  }

  /**
   * Requests that are on their way are still answered, for `noticeMs` milliseconds; on HTTP/1.1 each answer is the last
   * of its connection. Then idle connections are ended, and busy ones when they have finished. HTTP/2 peers are told by
   * GOAWAY only then: some clients fail calls that they are about to send when they hear it.
   */
  close(): void {
    this.#closing = true;
    for (const { announce } of this.#open.values()) announce();
    setTimeout(() => this.#closeAll(), this.#limits.noticeMs).unref();
  }

  /** Ends every connection, busy or not. */
  destroy(): void {
    for (const socket of this.#open.keys()) socket.destroy();
  }

  #closeAll(): void {
    for (const { close } of this.#open.values()) close();
  }

  #linger(socket: Socket): void {
    const timer = setTimeout(() => socket.destroy(), this.#limits.lingerMs).unref();
    socket.once("close", () => clearTimeout(timer));
  }

  /** Counts the connection for where it comes from, and destroys it if there are too many. */
  #count(socket: Socket): () => void {
    const source = this.#sourceOf(socket);
    if (source === undefined) return () => {};
    const discount = this.#perSource.add(source);
    if (this.#perSource.of(source) > this.#limits.connectionsPerSource) socket.destroy();
    return discount;
  }

  /** Undefined for a proxy: where its requests come from is not known yet. */
  #sourceOf(socket: Socket): string | undefined {
    const address = plainAddress(socket.remoteAddress ?? "");
    return this.#peers.isProxy(address) ? undefined : sourceOf(address);
  }
}

function closeWhenIdle(session: ServerHttp2Session, idleMs: number): void {
  let streams = 0;
  let timer: NodeJS.Timeout | undefined;
  const wait = () => {
    timer = setTimeout(() => session.close(), idleMs).unref();
  };
  session.on("stream", (stream) => {
    streams += 1;
    clearTimeout(timer);
    stream.once("close", () => {
      streams -= 1;
      if (streams === 0 && !session.closed) wait();
    });
  });
  session.once("close", () => clearTimeout(timer));
  wait();
}
