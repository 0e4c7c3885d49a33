// What a TLS server is made of, and what is wrong with it, found before a connection depends on it.
import { X509Certificate } from "node:crypto";
import { createSecureContext } from "node:tls";

/** Certificates and key, in PEM. */
export interface TlsMaterial {
  /** The server's certificate, and the intermediate ones behind it. */
  readonly cert: string;
  /** The key of the first certificate. */
  readonly key: string;
  /** The authorities whose client certificates are accepted. */
  readonly clientCa?: string;
}

/** One thing that is wrong; `reason` follows the name of the part. It never quotes a key. */
export interface TlsFault {
  readonly part: keyof TlsMaterial;
  readonly reason: string;
}

/** Everything that forbids to serve with `material` at `now`, milliseconds since 1970. */
export function tlsFaults({ cert, key, clientCa }: TlsMaterial, now = Date.now()): TlsFault[] {
  const server = certificates(cert);
  const [first] = server;
  if (first === undefined) return [{ part: "cert", reason: "holds no certificate" }];
  const faults =
    first.validToDate.getTime() <= now ? [ended("cert", first)] : pairFaults(cert, key);
  return clientCa === undefined ? faults : [...faults, ...authorityFaults(clientCa, now)];
}

/** When the certificate of the server ends, in milliseconds since 1970; undefined if there is none. */
export function certificateEndMs({ cert }: TlsMaterial): number | undefined {
  return certificates(cert)[0]?.validToDate.getTime();
}

const ended = (part: TlsFault["part"], { validToDate }: X509Certificate): TlsFault => ({
  part,
  reason: `ended on ${validToDate.toISOString().slice(0, 10)}`,
});

/** What OpenSSL says about a pair, by code. */
const pairReasons: Readonly<Record<string, TlsFault>> = {
  ERR_OSSL_X509_KEY_VALUES_MISMATCH: { part: "key", reason: "is not the key of the certificate" },
  ERR_OSSL_UNSUPPORTED: { part: "key", reason: "holds no private key" },
  ERR_OSSL_PEM_NO_START_LINE: { part: "key", reason: "holds no private key" },
  ERR_SSL_EE_KEY_TOO_SMALL: { part: "cert", reason: "has a key that is too small" },
  ERR_SSL_CA_MD_TOO_WEAK: { part: "cert", reason: "is signed with a hash that is too weak" },
};

function pairFaults(cert: string, key: string): TlsFault[] {
  try {
    createSecureContext({ cert, key });
    return [];
  } catch (error) {
    const code = codeOf(error);
    return [pairReasons[code] ?? { part: "key", reason: `cannot be used (${code})` }];
  }
}

function codeOf(error: unknown): string {
  const coded = typeof error === "object" && error !== null && "code" in error;
  return coded ? String(error.code) : "unknown cause";
}

function authorityFaults(text: string, now: number): TlsFault[] {
  const authorities = certificates(text);
  const [first] = authorities;
  if (first === undefined) return [{ part: "clientCa", reason: "holds no certificate" }];
  const good = authorities.some(({ validToDate }) => validToDate.getTime() > now);
  return good ? [] : [ended("clientCa", first)];
}

const block = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/** The certificates of a PEM text; none at all if one of them is broken. */
function certificates(text: string): X509Certificate[] {
  try {
    return (text.match(block) ?? []).map((pem) => new X509Certificate(pem));
  } catch {
    return [];
  }
}
