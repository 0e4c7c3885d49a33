// What TLS knows about the other end of a connection. A certificate that is found here was verified by the front.
import type { X509Certificate } from "node:crypto";
import { TLSSocket } from "node:tls";
import type { RequestHead } from "./listener.ts";

/** The encryption of a connection. */
export interface PeerTls {
  /** For example "TLSv1.3". */
  readonly protocol: string;
  /** Present if the client showed one, which an authority of this server has signed. */
  readonly certificate?: PeerCertificate;
}

/** Whom a client certificate names. */
export interface PeerCertificate {
  /** Absent if the certificate has none or several of them. */
  readonly commonName?: string;
  /** Of the subject alternative names (RFC 5280, section 4.2.1.6). */
  readonly dnsNames: readonly string[];
  readonly uris: readonly string[];
  /** SHA-256 of the whole certificate, in lower-case hexadecimal digits. */
  readonly fingerprint: string;
  readonly notAfter: Date;
}

/** The encryption of the connection that `request` came on; undefined without any. */
export function tlsOf(request: RequestHead): PeerTls | undefined {
  const connection = "stream" in request ? request.stream.session : request.socket;
  if (connection === undefined) return undefined;
  const socket = "socket" in connection ? connection.socket : connection;
  if (!(socket instanceof TLSSocket)) return undefined;
  return describe(socket);
}

function describe(socket: TLSSocket): PeerTls {
  const certificate = socket.authorized ? socket.getPeerX509Certificate() : undefined;
  return Object.freeze({
    protocol: socket.getProtocol() ?? "",
    ...(certificate && { certificate: certificateFacts(certificate) }),
  });
}

/** Whom `certificate` names. Names that Node has to quote are left out: nobody is to be called like that. */
export function certificateFacts(certificate: X509Certificate): PeerCertificate {
  const { subject } = certificate.toLegacyObject();
  const commonName: unknown = subject?.CN;
  const names = alternativeNames(certificate.subjectAltName ?? "");
  return Object.freeze({
    ...(typeof commonName === "string" && { commonName }),
    dnsNames: namesOf(names, "DNS:"),
    uris: namesOf(names, "URI:"),
    fingerprint: certificate.fingerprint256.replaceAll(":", "").toLowerCase(),
    notAfter: certificate.validToDate,
  });
}

/** Node quotes a name that contains what separates names; then the whole text is not read at all. */
const alternativeNames = (text: string): string[] => (text.includes('"') ? [] : text.split(", "));

const namesOf = (names: readonly string[], kind: string): string[] =>
  names.filter((name) => name.startsWith(kind)).map((name) => name.slice(kind.length));
