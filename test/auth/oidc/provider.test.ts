// Asking a provider for its keys over TLS, and what of its answers is not read.
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { RequestListener } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { resolveIssuer } from "../../../src/auth/oidc/issuer.ts";
import { loadKeys } from "../../../src/auth/oidc/provider.ts";
import { selfSigned } from "../../x509.ts";
import { ecKey, FakeIssuer, json } from "../forge.ts";

const { jwk } = ecKey("a");
const { signal } = new AbortController();

/** Loads the keys of `issuer` and says which; throws what goes wrong. */
async function kidsOf(issuer: string, caFile?: string): Promise<readonly (string | undefined)[]> {
  const { keys } = await loadKeys(resolveIssuer({ issuer, audience: "metal", caFile }), signal);
  return keys.map((key) => key.kid);
}

describe("over TLS", () => {
  const [certificate, another] = [selfSigned(), selfSigned()];
  let folder = "";
  let issuer = "";
  let keysAt = "";
  const answer: RequestListener = (request, response) => {
    const discovery = { issuer, jwks_uri: keysAt };
    response.end(JSON.stringify(request.url === "/jwks" ? { keys: [jwk] } : discovery));
  };
  const server = createServer(certificate, answer);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "oidc-ca-"));
    await writeFile(join(folder, "right.pem"), certificate.cert);
    await writeFile(join(folder, "wrong.pem"), another.cert);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    issuer = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    keysAt = `${issuer}/jwks`;
  });

  afterAll(async () => {
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true });
  });

  test("the authorities of the CA file count", async () => {
    expect(await kidsOf(issuer, join(folder, "right.pem"))).toEqual(["a"]);
  });

  test("an unknown authority is refused", async () => {
    await expect(kidsOf(issuer)).rejects.toThrow("self-signed certificate");
    await expect(kidsOf(issuer, join(folder, "wrong.pem"))).rejects.toThrow("certificate");
  });

  test("keys that are not at a place with TLS are not asked for", async () => {
    keysAt = "http://127.0.0.1:1/jwks";
    await expect(kidsOf(issuer, join(folder, "right.pem"))).rejects.toThrow("must use https");
  });

  test("a CA file that is gone is an error, not a way around it", async () => {
    await expect(kidsOf(issuer, join(folder, "none.pem"))).rejects.toThrow("ENOENT");
  });
});

describe("discovery", () => {
  const place = "/.well-known/openid-configuration";

  test("of another issuer is refused, even if its keys can be had", async () => {
    await using fake = await FakeIssuer.start([jwk]);
    const jwks_uri = `${fake.url}/jwks`;
    fake.answers.set(place, json({ issuer: `${fake.url}/`, jwks_uri }));
    await expect(kidsOf(fake.url)).rejects.toThrow("discovery names another issuer");
  });

  test.each([
    ["http://169.254.169.254/jwks", "must use https"],
    ["http://login.example/jwks", "must use https"],
    ["file:///etc/passwd", "must use https"],
    ["jwks", "names no place of keys"],
    ["", "names no place of keys"],
    [5, "names no place of keys"],
    [undefined, "names no place of keys"],
  ])("A28: that sends us to %j is not followed", async (jwks_uri, reason) => {
    await using fake = await FakeIssuer.start([jwk]);
    fake.answers.set(place, json({ issuer: fake.url, jwks_uri }));
    await expect(kidsOf(fake.url)).rejects.toThrow(reason);
  });
});

describe("an answer", () => {
  test("of a path keeps the path, with or without a slash at its end", async () => {
    await using fake = await FakeIssuer.start([jwk]);
    for (const issuer of [`${fake.url}/realms/one`, `${fake.url}/realms/two/`]) {
      const place = `${new URL(issuer).pathname.replace(/\/$/, "")}/.well-known/openid-configuration`;
      fake.answers.set(place, json({ issuer, jwks_uri: `${fake.url}/jwks` }));
      expect(await kidsOf(issuer)).toEqual(["a"]);
    }
  });

  test.each([
    ["compressed", { "content-encoding": "gzip" }, 200, "compressed"],
    ["created", {}, 201, "status 201"],
    ["an error", {}, 500, "status 500"],
  ])("that is %s is not read", async (_, headers, status, reason) => {
    await using fake = await FakeIssuer.start([jwk]);
    fake.answers.set("/jwks", (response) => {
      response.writeHead(status, headers).end(JSON.stringify({ keys: [jwk] }));
    });
    await expect(kidsOf(fake.url)).rejects.toThrow(reason);
  });

  test("that breaks off is an error", async () => {
    await using fake = await FakeIssuer.start([jwk]);
    fake.answers.set("/jwks", (response) => {
      response.writeHead(200, { "content-length": 1000 });
      response.write("{", () => response.destroy());
    });
    await expect(kidsOf(fake.url)).rejects.toThrow();
  });
});
