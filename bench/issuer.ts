// An OpenID provider of two documents: it vouches for callers, so that a load generator whose headers never change can
// present a credential that may be used again.
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, SignJWT } from "jose";

/** A provider that runs in this process. Use with `using`. */
export interface Issuer extends Disposable {
  readonly url: string;
  /** An access token of a caller with this role, good for an hour. */
  token(role: "view" | "edit" | "admin"): Promise<string>;
}

export const audience = "metal-bench";
const algorithm = "ES256";

/** Starts a provider on a free port. */
export async function startIssuer(): Promise<Issuer> {
  const { publicKey, privateKey } = await generateKeyPair(algorithm);
  const header = { kid: "bench", alg: algorithm };
  const keys = [{ ...(await exportJWK(publicKey)), ...header, use: "sig" }];
  const server = createServer(({ url }, response) => {
    const metadata = { issuer: urlOf(), jwks_uri: `${urlOf()}/keys` };
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(url === "/keys" ? { keys } : metadata));
  });
  const urlOf = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: urlOf(),
    token: (role) =>
      new SignJWT({ roles: [`maas-all-all-${role}`] })
        .setProtectedHeader(header)
        .setIssuer(urlOf())
        .setSubject(role)
        .setAudience(audience)
        .setIssuedAt()
        .setExpirationTime("1h")
        .sign(privateKey),
    [Symbol.dispose]: () => void server.close(),
  };
}
