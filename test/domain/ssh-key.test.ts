// Which texts are keys to log in with. The keys are made by OpenSSL; only how they are written down is done here.
import { Buffer } from "node:buffer";
import { generateKeyPairSync, type JsonWebKey } from "node:crypto";
import { describe, expect, test } from "@jest/globals";
import { sshKeyFault } from "../../src/domain/ssh-key.ts";

const field = (content: string | Buffer): Buffer => {
  const bytes = Buffer.from(content as string);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
};
const decoded = (text: string | undefined) => Buffer.from(text ?? "", "base64url");
/** A number whose first bit is set gets a zero in front, so that it is not negative. */
const positive = (bytes: Buffer) =>
  (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes;
const blobOf = (...contents: readonly (string | Buffer)[]) => Buffer.concat(contents.map(field));
const lineOf = (type: string, blob: Buffer) => `${type} ${blob.toString("base64")}`;

const exported = (key: { export(options: { format: "jwk" }): JsonWebKey }) =>
  key.export({ format: "jwk" });
const rsa = (bits: number): JsonWebKey =>
  exported(generateKeyPairSync("rsa", { modulusLength: bits }).publicKey);
const curve = (namedCurve: string): JsonWebKey =>
  exported(generateKeyPairSync("ec", { namedCurve }).publicKey);
const ed25519 = decoded(exported(generateKeyPairSync("ed25519").publicKey).x);

const rsaBlob = ({ e, n }: JsonWebKey) =>
  blobOf("ssh-rsa", positive(decoded(e)), positive(decoded(n)));
const pointOf = ({ x, y }: JsonWebKey) => Buffer.concat([Buffer.of(4), decoded(x), decoded(y)]);
const ecdsaBlob = (name: string, namedCurve: string) =>
  blobOf(`ecdsa-sha2-${name}`, name, pointOf(curve(namedCurve)));

const edBlob = blobOf("ssh-ed25519", ed25519);
const ed = lineOf("ssh-ed25519", edBlob);
const skEd = "sk-ssh-ed25519@openssh.com";
const skEcdsa = "sk-ecdsa-sha2-nistp256@openssh.com";
const p256 = pointOf(curve("P-256"));

describe("a key is", () => {
  test.each([
    ["Ed25519", ed],
    ["RSA with 2048 bits", lineOf("ssh-rsa", rsaBlob(rsa(2048)))],
    ["RSA with 1024 bits", lineOf("ssh-rsa", rsaBlob(rsa(1024)))],
    ["ECDSA P-256", lineOf("ecdsa-sha2-nistp256", ecdsaBlob("nistp256", "P-256"))],
    ["ECDSA P-384", lineOf("ecdsa-sha2-nistp384", ecdsaBlob("nistp384", "P-384"))],
    [
      "ECDSA P-521 with a comment",
      `${lineOf("ecdsa-sha2-nistp521", ecdsaBlob("nistp521", "P-521"))} me@home`,
    ],
    ["Ed25519 in a token", lineOf(skEd, blobOf(skEd, ed25519, "ssh:"))],
    ["ECDSA in a token", lineOf(skEcdsa, blobOf(skEcdsa, "nistp256", p256, "ssh:"))],
    [
      "RSA whose number begins with the bit of the sign",
      lineOf(
        "ssh-rsa",
        blobOf("ssh-rsa", Buffer.of(3), Buffer.concat([Buffer.of(0, 0x80), Buffer.alloc(127, 1)])),
      ),
    ],
    ["with a comment of several words", `${ed} somebody, somewhere`],
    ["with tabs between its parts", ed.replace(" ", "\t")],
    ["with options", `no-pty,from="10.0.0.0/8" ${ed} me`],
    ["with options that quote blanks and quotes", `command="echo \\"a b\\"",no-pty ${ed}`],
  ])("%s", (_, line) => {
    expect(sshKeyFault(line)).toBeUndefined();
  });
});

describe("no key is", () => {
  const blob = edBlob.toString("base64");
  const unknown = /^has no type of key that is known/;

  test.each<[string, string, RegExp]>([
    ["nothing", "", /^is empty$/],
    ["blanks", "  ", unknown],
    ["a type alone", "ssh-ed25519", /^has no base64/],
    ["a blob alone", blob, unknown],
    ["a word", "hello", unknown],
    ["a line that is a comment", `# ${ed}`, unknown],
    ["an option without a name", `="x" ${ed}`, unknown],
    ["an option whose value is not in quotes", `command=x ${ed}`, unknown],
    ["a private key", "-----BEGIN OPENSSH PRIVATE KEY-----", unknown],
    ["a blob that is cut in base64", ed.slice(0, -1), /^has no base64/],
    [
      "a blob that is cut between bytes",
      lineOf("ssh-ed25519", edBlob.subarray(0, -3)),
      /it is cut off$/,
    ],
    [
      "a blob that is cut in a length",
      lineOf("ssh-ed25519", edBlob.subarray(0, 17)),
      /it is cut off$/,
    ],
    [
      "a blob with more behind it",
      lineOf("ssh-ed25519", Buffer.concat([edBlob, Buffer.of(0)])),
      /something follows it$/,
    ],
    ["a blob of another type", lineOf("ssh-rsa", edBlob), /it does not say "ssh-rsa"$/],
    ["base64 of another alphabet", `ssh-ed25519 ${blob.slice(0, -4)}_-==`, /^has no base64/],
    [
      "too short for Ed25519",
      lineOf("ssh-ed25519", blobOf("ssh-ed25519", ed25519.subarray(1))),
      /it has 31 bytes instead of 32$/,
    ],
    [
      "RSA with 512 bits",
      lineOf("ssh-rsa", rsaBlob(rsa(512))),
      /it has 512 bits, 1024 are the least$/,
    ],
    [
      "RSA with a negative number",
      lineOf("ssh-rsa", blobOf("ssh-rsa", Buffer.of(3), Buffer.alloc(256, 0xff))),
      /it has no positive number$/,
    ],
    [
      "RSA with a number that is only just negative",
      lineOf(
        "ssh-rsa",
        blobOf("ssh-rsa", Buffer.of(3), Buffer.concat([Buffer.of(0x80), Buffer.alloc(127, 1)])),
      ),
      /it has no positive number$/,
    ],
    [
      "RSA with a padded number",
      lineOf("ssh-rsa", blobOf("ssh-rsa", Buffer.of(0, 3), Buffer.alloc(256, 1))),
      /it has no positive number$/,
    ],
    [
      "RSA with an empty number",
      lineOf("ssh-rsa", blobOf("ssh-rsa", "", Buffer.alloc(256, 1))),
      /it has no positive number$/,
    ],
    [
      "ECDSA that names another curve",
      lineOf("ecdsa-sha2-nistp256", blobOf("ecdsa-sha2-nistp256", "nistp384", p256)),
      /it does not say "nistp256"$/,
    ],
    [
      "ECDSA with half a point",
      lineOf(
        "ecdsa-sha2-nistp256",
        blobOf("ecdsa-sha2-nistp256", "nistp256", p256.subarray(0, 33)),
      ),
      /it has no point of its curve$/,
    ],
    [
      "in a token that does not say for what",
      lineOf(skEd, blobOf(skEd, ed25519, "")),
      /it has an empty field$/,
    ],
    ["DSA", lineOf("ssh-dss", blobOf("ssh-dss", "a", "b", "c", "d")), unknown],
    ["a certificate", lineOf("ssh-ed25519-cert-v01@openssh.com", edBlob), unknown],
    ["two lines", `${ed}\n${ed}`, /control characters/],
    ["a line with its end", `${ed}\n`, /control characters/],
    ["options whose quote does not end", `command="a ${ed}`, unknown],
  ])("%s", (_, line, reason) => {
    expect(sshKeyFault(line)).toMatch(reason);
  });

  test("quoted in what is said of it", () => {
    expect(sshKeyFault(`${blob} my secret`)).not.toContain("secret");
  });
});
