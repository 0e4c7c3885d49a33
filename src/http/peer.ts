// What the socket knows about a caller, handed to gate, interceptors and services as a context value.
import { type ContextValues, createContextKey, createContextValues } from "@connectrpc/connect";
import type { RequestHead } from "./listener.ts";
import { type PeerTls, tlsOf } from "./peer-tls.ts";
import type { Proxies } from "./proxy.ts";
import { plainAddress } from "./source.ts";

/** The other end of the connection and what is only visible in the raw request. */
export interface Peer {
  /** IP address without a port, an IPv4 one never in IPv6 clothing; empty when the connection is already gone. */
  readonly address: string;
  /** TCP port; 0 when the connection is already gone, and behind a proxy. */
  readonly port: number;
  /** The address of the proxy that handed the call on, if it was one of ours. */
  readonly via?: string;
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

/** New context values of a request, with its peer. */
export function peerContext(request: RequestHead, proxies?: Proxies): ContextValues {
  return createContextValues().set(peerKey, peerOf(request, proxies));
}

/** The peer that sent `request`; behind one of `proxies`, whoever that says it was. */
export function peerOf(request: RequestHead, proxies?: Proxies): Peer {
  const direct = directPeer(request);
  const repeatedHeaders = repeated(request.rawHeaders);
  const origin = proxies?.originOf(direct.address, forwardedFor(request));
  if (origin === undefined && repeatedHeaders === none) return direct;
  const { address: via } = direct;
  return Object.freeze({
    ...direct,
    ...(origin !== undefined && { address: origin, port: 0, via }),
    repeatedHeaders,
  });
}

/** By connection: what is known of its other end does not change while it lasts. */
const known = new WeakMap<object, Peer>();

/** Whoever is at the other end of the connection. */
function directPeer(request: RequestHead): Peer {
  const connection = "stream" in request ? request.stream.session : request.socket;
  const found = (connection && known.get(connection)) ?? describe(request);
  if (connection !== undefined && found.address !== "") known.set(connection, found);
  return found;
}

function describe(request: RequestHead): Peer {
  const socket = "stream" in request ? request.stream.session?.socket : request.socket;
  const tls = tlsOf(request);
  return Object.freeze({
    address: plainAddress(socket?.remoteAddress ?? ""),
    port: socket?.remotePort ?? 0,
    httpVersion: "stream" in request ? "2" : "1.1",
    repeatedHeaders: none,
    ...(tls && { tls }),
  });
}

/**
 * Where a call comes from, for people: "10.0.0.1:4711", and whose certificate was shown there; empty where nothing is
 * known. A name that is not plain is left to the fingerprint.
 */
export function peerText(peer: Peer | undefined): string {
  if (peer === undefined || peer.address === "") return "";
  const place =
    peer.via === undefined ? `${peer.address}:${peer.port}` : `${peer.address} via ${peer.via}`;
  const certificate = peer.tls?.certificate;
  if (certificate === undefined) return place;
  const { commonName = "", fingerprint } = certificate;
  const name = /^[\x20-\x7e]{1,64}$/.test(commonName) ? `CN=${commonName}, ` : "";
  return `${place} (certificate ${name}sha256:${fingerprint.slice(0, 16)})`;
}

const authenticating: ReadonlySet<string> = new Set(["authorization", "x-date", "x-data-salt"]);
/** Most names differ from these in length: that is seen at once. */
const lengths: ReadonlySet<number | undefined> = new Set(
  [...authenticating].map(({ length }) => length),
);

/** Node joins several such headers with a comma, which is what they mean (RFC 9110, section 5.3). */
function forwardedFor({ headers }: RequestHead): string | undefined {
  const value = headers["x-forwarded-for"];
  return typeof value === "string" ? value : value?.join(",");
}

const none: ReadonlySet<string> = new Set();

/** `rawHeaders` alternates names and values. */
function repeated(rawHeaders: readonly string[]): ReadonlySet<string> {
  const seen: string[] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    if (!lengths.has(rawHeaders[at]?.length)) continue;
    const name = rawHeaders[at]?.toLowerCase() ?? "";
    if (authenticating.has(name)) seen.push(name);
  }
  const again = seen.filter((name, at) => seen.indexOf(name) !== at);
  return again.length === 0 ? none : new Set(again);
}
