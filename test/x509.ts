// Certificates made in the test (RFC 5280, in the few lines of DER that it needs), so that no private key lies in the
// repository and nothing expires.
import {
  createPrivateKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from "node:crypto";

/** What a TLS server or client needs, in PEM. */
export interface Certified {
  readonly key: string;
  readonly cert: string;
}

/** What a certificate is to say. */
export interface Wish {
  /** Common names, in this order; "loopback" unless told otherwise. */
  readonly commonNames?: readonly string[];
  readonly dnsNames?: readonly string[];
  readonly uris?: readonly string[];
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  /** It may sign others. */
  readonly authority?: boolean;
  /** P-256 unless told otherwise. */
  readonly keyType?: "p256" | "rsa1024";
}

const hourMs = 3_600_000;
const loopback = Buffer.of(127, 0, 0, 1);

/** A certificate for the loopback that is its own authority, valid from an hour ago for a day. */
export function selfSigned(wish: Wish = {}): Certified {
  return certify({ authority: true, ...wish });
}

/** A certificate as wished, signed by `issuer`. It names 127.0.0.1 and localhost, too. */
export function issue(issuer: Certified & { readonly name: string }, wish: Wish = {}): Certified {
  return certify(wish, { key: createPrivateKey(issuer.key), name: issuer.name });
}

/** An authority of its own with this common name, for `issue`. */
export function createAuthority(name: string): Certified & { readonly name: string } {
  return { name, ...selfSigned({ commonNames: [name] }) };
}

function certify(wish: Wish, issuer?: { readonly key: KeyObject; readonly name: string }) {
  const { privateKey, publicKey } = newKeys(wish);
  const spki = publicKey.export({ format: "der", type: "spki" });
  const issuerNames = issuer ? [issuer.name] : (wish.commonNames ?? ["loopback"]);
  // Authorities have P-256 keys; only a weak certificate signs itself with RSA.
  const algorithm = issuer || wish.keyType !== "rsa1024" ? ecdsaWithSha256 : rsaWithSha256;
  const body = toBeSigned(wish, { spki, issuerNames, algorithm });
  const signature = sign("sha256", body, issuer?.key ?? privateKey);
  const certificate = sequence(body, sequence(algorithm), bitString(signature));
  return {
    key: privateKey.export({ format: "pem", type: "pkcs8" }).toString(),
    cert: pem(certificate),
  };
}

function newKeys({ keyType = "p256" }: Wish) {
  return keyType === "p256"
    ? generateKeyPairSync("ec", { namedCurve: "P-256" })
    : generateKeyPairSync("rsa", { modulusLength: 1024 });
}

function pem(certificate: Buffer): string {
  const lines = certificate.toString("base64").replace(/.{64}/g, "$&\n").trimEnd();
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}

const ecdsaWithSha256 = Buffer.from("06082a8648ce3d040302", "hex");
const rsaWithSha256 = Buffer.from("06092a864886f70d01010b0500", "hex");
const commonName = Buffer.from("0603550403", "hex");
const subjectAltName = Buffer.from("0603551d11", "hex");
const basicConstraints = Buffer.from("0603551d13", "hex");

interface Body {
  readonly spki: Buffer;
  readonly issuerNames: readonly string[];
  readonly algorithm: Buffer;
}

function toBeSigned(wish: Wish, { spki, issuerNames, algorithm }: Body): Buffer {
  const version3 = der(0xa0, der(0x02, Buffer.of(2)));
  const serial = der(0x02, Buffer.of(1, ...randomBytes(8)));
  const { notBefore = new Date(Date.now() - hourMs), notAfter } = wish;
  const end = notAfter ?? new Date(Date.now() + 24 * hourMs);
  const extensions = der(0xa3, sequence(alternativeNames(wish), constraints(wish)));
  const [issuer, subject] = [nameOf(issuerNames), nameOf(wish.commonNames ?? ["loopback"])];
  const validity = sequence(time(notBefore), time(end));
  const parts = [version3, serial, sequence(algorithm), issuer, validity, subject];
  return sequence(...parts, spki, extensions);
}

function nameOf(commonNames: readonly string[]): Buffer {
  const sets = commonNames.map((name) =>
    der(0x31, sequence(commonName, der(0x0c, Buffer.from(name)))),
  );
  return sequence(...sets);
}

function alternativeNames({ dnsNames = [], uris = [] }: Wish): Buffer {
  const names = [
    der(0x87, loopback),
    ...["localhost", ...dnsNames].map((name) => der(0x82, Buffer.from(name))),
    ...uris.map((uri) => der(0x86, Buffer.from(uri))),
  ];
  return sequence(subjectAltName, der(0x04, sequence(...names)));
}

function constraints({ authority = false }: Wish): Buffer {
  const content = authority ? sequence(der(0x01, Buffer.of(0xff))) : sequence();
  return sequence(basicConstraints, der(0x04, content));
}

/** GeneralizedTime, in whole seconds. */
function time(date: Date): Buffer {
  const text = date.toISOString().replace(/\.\d+/, "").replace(/[-:T]/g, "");
  return der(0x18, Buffer.from(text));
}

function bitString(bytes: Buffer): Buffer {
  return der(0x03, Buffer.of(0), bytes);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return der(0x30, ...parts);
}

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.of(tag), length(content.length), content]);
}

function length(bytes: number): Buffer {
  if (bytes < 0x80) return Buffer.of(bytes);
  return bytes < 0x100 ? Buffer.of(0x81, bytes) : Buffer.of(0x82, bytes >> 8, bytes & 0xff);
}
