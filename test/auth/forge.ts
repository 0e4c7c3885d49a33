// An issuer under the test's control, down to the last byte: it publishes any keys, answers anything, and signs tokens
// whose header and payload no honest library would write.
import {
  createHmac,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
  sign as signBytes,
} from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** Turns the signing input of a token into a signature. */
export type Signer = (input: string) => Buffer;

/** A key that signs for one algorithm, and what a provider would publish of it. */
export interface ForgedKey {
  readonly algorithm: string;
  readonly kid: string;
  readonly sign: Signer;
  readonly publicKey: KeyObject;
  readonly jwk: JsonWebKey & { readonly [member: string]: unknown };
}

/** The parts of a token; each may be given as an object or as the exact text. */
export interface TokenParts {
  readonly header: object | string;
  readonly payload: object | string;
  readonly sign: Signer;
}

/** Answers one path of a server. */
export type Answer = (response: ServerResponse, request: IncomingMessage) => void;

/** base64url of a text. */
export const encoded = (text: string): string => Buffer.from(text).toString("base64url");

/** The compact serialization of `parts`, signed as it stands. */
export function compact({ header, payload, sign }: TokenParts): string {
  const [head, body] = [header, payload].map((part) =>
    encoded(typeof part === "string" ? part : JSON.stringify(part)),
  );
  const input = `${head}.${body}`;
  return `${input}.${sign(input).toString("base64url")}`;
}

/** An RSA key for RS256. */
export function rsaKey(kid: string, modulusLength = 2048): ForgedKey {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength });
  const sign: Signer = (input) => signBytes("sha256", Buffer.from(input), privateKey);
  return forgedKey({ algorithm: "RS256", kid, sign, publicKey });
}

/** A P-256 key for ES256. */
export function ecKey(kid: string): ForgedKey & { readonly signDer: Signer } {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const signAs = (dsaEncoding: "der" | "ieee-p1363") => (input: string) =>
    signBytes("sha256", Buffer.from(input), { key: privateKey, dsaEncoding });
  const key = forgedKey({ algorithm: "ES256", kid, sign: signAs("ieee-p1363"), publicKey });
  return { ...key, signDer: signAs("der") };
}

/** An Ed25519 key for EdDSA. */
export function edKey(kid: string): ForgedKey {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const sign: Signer = (input) => signBytes(null, Buffer.from(input), privateKey);
  return forgedKey({ algorithm: "EdDSA", kid, sign, publicKey });
}

/** HS256 with any secret. */
export function hs256(secret: string | Buffer): Signer {
  return (input) => createHmac("sha256", secret).update(input).digest();
}

/** A server on a free loopback port whose answers the test writes. Use with `await using`. */
export class FakeIssuer implements AsyncDisposable {
  /** By path; what is not here gets a 404. */
  readonly answers = new Map<string, Answer>();
  /** The paths that were asked for, oldest first. */
  readonly requests: string[] = [];
  readonly #server: Server = createServer((request, response) => {
    this.requests.push(request.url ?? "");
    const answer = this.answers.get(request.url ?? "") ?? notFound;
    answer(response, request);
  });

  /** Starts one that publishes `keys`. */
  static async start(keys: readonly object[]): Promise<FakeIssuer> {
    const issuer = new FakeIssuer();
    issuer.#server.listen(0, "127.0.0.1");
    await once(issuer.#server, "listening");
    issuer.answers.set("/.well-known/openid-configuration", json(issuer.discovery()));
    issuer.publish(keys);
    return issuer;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** What an honest issuer says about itself. */
  discovery(): object {
    return { issuer: this.url, jwks_uri: `${this.url}/jwks` };
  }

  publish(keys: readonly object[]): void {
    this.answers.set("/jwks", json({ keys }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}

/** Answers with `body`; a text is sent as it is. */
export function json(body: object | string): Answer {
  return (response) => {
    response.setHeader("content-type", "application/json");
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  };
}

const notFound: Answer = (response) => {
  response.writeHead(404).end();
};

function forgedKey(key: Omit<ForgedKey, "jwk">): ForgedKey {
  const exported = key.publicKey.export({ format: "jwk" });
  return { ...key, jwk: { ...exported, kid: key.kid, alg: key.algorithm, use: "sig" } };
}
