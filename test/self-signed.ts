// A certificate for the loopback, made in the test (RFC 5280, in the few lines of DER that it needs), so that no private
// key lies in the repository and nothing expires.
import { generateKeyPairSync, sign } from "node:crypto";

/** What a TLS server needs, in PEM. The certificate is its own authority. */
export interface SelfSigned {
  readonly key: string;
  readonly cert: string;
}

/** Makes a certificate for 127.0.0.1 and localhost, valid from an hour ago for a day. */
export function selfSigned(): SelfSigned {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const body = toBeSigned(publicKey.export({ format: "der", type: "spki" }));
  const signature = sign("sha256", body, privateKey);
  const certificate = sequence(body, signatureAlgorithm, bitString(signature));
  const lines = certificate.toString("base64").replace(/.{64}/g, "$&\n").trimEnd();
  return {
    key: privateKey.export({ format: "pem", type: "pkcs8" }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
  };
}

const hourMs = 3_600_000;
// Object identifiers: ecdsa-with-SHA256, commonName, subjectAltName, basicConstraints.
const ecdsaWithSha256 = Buffer.from("06082a8648ce3d040302", "hex");
const commonName = Buffer.from("0603550403", "hex");
const subjectAltName = Buffer.from("0603551d11", "hex");
const basicConstraints = Buffer.from("0603551d13", "hex");
const signatureAlgorithm = sequence(ecdsaWithSha256);

function toBeSigned(publicKey: Buffer): Buffer {
  const name = sequence(der(0x31, sequence(commonName, der(0x0c, Buffer.from("loopback")))));
  const version3 = der(0xa0, der(0x02, Buffer.of(2)));
  const serial = der(0x02, Buffer.of(1));
  const validity = sequence(time(Date.now() - hourMs), time(Date.now() + 24 * hourMs));
  const extensions = der(0xa3, sequence(alternativeNames(), authority()));
  const parts = [version3, serial, signatureAlgorithm, name, validity, name, publicKey, extensions];
  return sequence(...parts);
}

function alternativeNames(): Buffer {
  const names = sequence(der(0x87, Buffer.of(127, 0, 0, 1)), der(0x82, Buffer.from("localhost")));
  return sequence(subjectAltName, der(0x04, names));
}

function authority(): Buffer {
  return sequence(basicConstraints, der(0x04, sequence(der(0x01, Buffer.of(0xff)))));
}

/** GeneralizedTime, in whole seconds. */
function time(ms: number): Buffer {
  const text = new Date(ms).toISOString().replace(/\.\d+/, "").replace(/[-:T]/g, "");
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
