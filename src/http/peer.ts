// What the socket knows about a caller, handed to gate, interceptors and services as a context value.
import { type ContextValues, createContextKey, createContextValues } from "@connectrpc/connect";
import type { HttpRequest } from "./listener.ts";
import { type PeerTls, tlsOf } from "./peer-tls.ts";

/** The other end of the connection and what is only visible in the raw request. */
export interface Peer {
  /** IP address without a port, an IPv4 one never in IPv6 clothing; empty when the connection is already gone. */
  readonly address: string;
  /** TCP port; 0 when the connection is already gone. */
  readonly port: number;
  /** HTTP/1.0 counts as "1.1". */
  readonly httpVersion: "1.1" | "2";
  /**
   * Which of the headers that authenticate a call came more than once, in lower case. Node keeps the first of some
   * and joins others with a comma, so from the headers themselves this cannot be told.
   */
  readonly repeatedHeaders: ReadonlySet<string>;
  /** Present if the connection is encrypted. */
  readonly tls?: PeerTls;
}

/** The peer of a call; undefined where there is no socket, as in an in-memory transport. */
export const peerKey = createContextKey<Peer | undefined>(undefined, {
  description: "the other end of the connection",
});

/** For the option `contextValues` of the Connect adapter: sets `peerKey`. */
export function peerContext(request: HttpRequest): ContextValues {
  return createContextValues().set(peerKey, peerOf(request));
}

/** The peer that sent `request`. */
export function peerOf(request: HttpRequest): Peer {
  const socket = "stream" in request ? request.stream.session?.socket : request.socket;
  const tls = tlsOf(request);
  return Object.freeze({
    address: plainAddress(socket?.remoteAddress ?? ""),
    port: socket?.remotePort ?? 0,
    httpVersion: request.httpVersionMajor === 2 ? "2" : "1.1",
    repeatedHeaders: repeated(request.rawHeaders),
    ...(tls && { tls }),
  });
}

/**
 * Where a call comes from, for people: "10.0.0.1:4711", and whose certificate was shown there; empty where nothing is
 * known. A name that is not plain is left to the fingerprint.
 */
export function peerText(peer: Peer | undefined): string {
  if (peer === undefined || peer.address === "") return "";
  const place = `${peer.address}:${peer.port}`;
  const certificate = peer.tls?.certificate;
  if (certificate === undefined) return place;
  const { commonName = "", fingerprint } = certificate;
  const name = /^[\x20-\x7e]{1,64}$/.test(commonName) ? `CN=${commonName}, ` : "";
  return `${place} (certificate ${name}sha256:${fingerprint.slice(0, 16)})`;
}

const authenticating = ["authorization", "x-date", "x-data-salt"];

/** `rawHeaders` alternates names and values. */
function repeated(rawHeaders: readonly string[]): ReadonlySet<string> {
  const names = rawHeaders.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase());
  const isRepeated = (name: string) => names.indexOf(name) !== names.lastIndexOf(name);
  return new Set(authenticating.filter(isRepeated));
}

/** A socket that listens on "::" sees IPv4 peers as "::ffff:10.0.0.1" (RFC 4291, section 2.5.5.2). */
function plainAddress(address: string): string {
  return address.startsWith("::ffff:") && address.includes(".")
    ? address.slice("::ffff:".length)
    : address;
}
