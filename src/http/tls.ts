// TLS in front of HTTP: both versions on one port, told apart by ALPN; client certificates if wanted; certificates
// that change while the server runs.
import type { Socket } from "node:net";
import {
  createSecureContext,
  createServer,
  type Server,
  type TLSSocket,
  type TlsOptions,
} from "node:tls";
import { keepAliveProbeMs, recognise } from "./clear-text.ts";
import type { Accepting, Front, HttpProtocol } from "./front.ts";
import type { TlsMaterial } from "./tls-material.ts";

/**
 * What becomes of clients and their certificates: nobody is asked for one; whoever has one shows it; whoever has none
 * does not get in. A certificate that is shown and not good ends the connection.
 */
export type ClientCertificates = "none" | "optional" | "required";

/** How connections are secured. */
export interface TlsFrontOptions {
  readonly material: TlsMaterial;
  readonly minVersion: "TLSv1.2" | "TLSv1.3";
  readonly clientCertificates: ClientCertificates;
}

/** A front with TLS. */
export interface TlsFront {
  readonly front: Front;
  /**
   * From now on new connections see this certificate and are asked for certificates of these authorities; those that
   * are open stay as they are. Throws, and changes nothing, if it cannot be used.
   */
  readonly renew: (material: TlsMaterial) => void;
}

/** Forward secret and authenticated (RFC 9325, section 4.2), those of TLS 1.3 first. */
const ciphers = [
  "TLS_AES_128_GCM_SHA256",
  "TLS_AES_256_GCM_SHA384",
  "TLS_CHACHA20_POLY1305_SHA256",
  "ECDHE-ECDSA-AES128-GCM-SHA256",
  "ECDHE-RSA-AES128-GCM-SHA256",
  "ECDHE-ECDSA-AES256-GCM-SHA384",
  "ECDHE-RSA-AES256-GCM-SHA384",
  "ECDHE-ECDSA-CHACHA20-POLY1305",
  "ECDHE-RSA-CHACHA20-POLY1305",
].join(":");

/** What ALPN names each version (RFC 7301 and RFC 9113, section 3.2). */
const alpnProtocols: Readonly<Record<string, HttpProtocol>> = { h2: "http2", "http/1.1": "http1" };

/** Creates the front. Throws if the material cannot be used; `tlsFaults` says why beforehand. */
export function createTlsFront(options: TlsFrontOptions): TlsFront {
  const servers = new Set<Server>();
  let context = contextOf(options, options.material);
  return {
    front(accepting) {
      const server = createServer({ ...context, ...serverOptions(options, accepting) });
      servers.add(server);
      server.once("close", () => servers.delete(server));
      return serve(server, accepting, options.clientCertificates);
    },
    renew(material) {
      context = contextOf(options, material);
      // The new context has ticket keys of its own: no session of before is resumed under other authorities.
      for (const server of servers) server.setSecureContext(context);
    },
  };
}

/** Made once without use, so that what is wrong shows before anything changes. */
function contextOf({ minVersion }: TlsFrontOptions, { cert, key, clientCa }: TlsMaterial) {
  if (cert === "" || key === "") throw new Error("no certificate, or no key");
  const context = { cert, key, minVersion, ciphers, honorCipherOrder: true, ca: clientCa };
  createSecureContext(context);
  return context;
}

function serverOptions({ clientCertificates }: TlsFrontOptions, { limits }: Accepting): TlsOptions {
  return {
    ALPNProtocols: Object.keys(alpnProtocols),
    requestCert: clientCertificates !== "none",
    rejectUnauthorized: clientCertificates === "required",
    handshakeTimeout: limits.headerMs,
    allowHalfOpen: true,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: keepAliveProbeMs,
  };
}

function serve(server: Server, accepting: Accepting, certificates: ClientCertificates): Server {
  const handshakes = new Map<string, () => void>();
  server.on("connection", (socket: Socket) => {
    const [name, release] = [peerName(socket), accepting.accept(socket)];
    handshakes.set(name, release);
    socket.once("close", () => handshakes.get(name) === release && handshakes.delete(name));
  });
  // Node tells of a handshake that took too long, and leaves it open.
  server.on("tlsClientError", (_error, socket) => socket.destroy());
  server.on("secureConnection", (socket) => {
    accepting.accept(socket);
    handshakes.get(peerName(socket))?.();
    if (certificates === "optional" && isImpostor(socket)) return void socket.destroy();
    recognise(socket, accepting, alpnProtocols[socket.alpnProtocol || ""]);
  });
  return server;
}

/** The only thing that a connection and the TLS on top of it have in common by contract. */
const peerName = ({ remoteAddress, remotePort }: Socket) => `${remoteAddress} ${remotePort}`;

function isImpostor(socket: TLSSocket): boolean {
  return !socket.authorized && socket.getPeerX509Certificate() !== undefined;
}
