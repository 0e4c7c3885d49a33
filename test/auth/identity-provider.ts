// A real OpenID provider in the test's own process, on a free port of the loopback: it publishes keys, issues access
// tokens for clients and people with the groups a test wants, rotates its keys, goes away and comes back.
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, type JWK } from "jose";
import Provider, { type Configuration } from "oidc-provider";

/** A person as the provider knows them; every member but `subject` becomes a claim. */
export interface Person {
  readonly subject: string;
  readonly groups?: readonly string[];
  readonly [claim: string]: unknown;
}

/** A running provider. Use with `await using`. */
export interface IdentityProvider extends AsyncDisposable {
  readonly issuer: string;
  readonly audience: string;
  /** The paths that were asked for, oldest first. */
  readonly requests: readonly string[];
  /** Client credentials grant, over HTTP. Subject "robot". */
  clientToken(groups: readonly string[]): Promise<string>;
  /** An access token as a person gets it after signing in. */
  userToken(person: Person): Promise<string>;
  /** A new key signs from now on; the old ones are still published. */
  rotateKey(): Promise<void>;
  /** Only the key that signs is still published. */
  retireOldKeys(): void;
  /** Closes the port. Tokens can still be issued to people. */
  stop(): Promise<void>;
  /** Opens the same port again. */
  restart(): Promise<void>;
  /** While true, requests are taken and never answered. */
  silent: boolean;
}

const audience = "urn:metal";
const clientId = "robot";
const clientSecret = "secret-of-the-robot";
const tokenSeconds = 300;
const claimsHeader = "x-test-claims";

/** Starts a provider with one ES256 key. */
export async function startIdentityProvider(): Promise<IdentityProvider> {
  const running = new RunningProvider();
  await running.begin();
  return running;
}

class RunningProvider implements IdentityProvider {
  readonly audience = audience;
  readonly requests: string[] = [];
  silent = false;
  readonly #server = createServer((request, response) => this.#answer(request, response));
  readonly #people = new Map<string, Person>();
  #port = 0;
  #keys: readonly JWK[] = [];
  #provider: Provider | undefined;

  get issuer(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async begin(): Promise<void> {
    await this.restart();
    await this.rotateKey();
  }

  async clientToken(groups: readonly string[]): Promise<string> {
    const response = await fetch(`${this.issuer}/token`, {
      method: "POST",
      headers: {
        authorization: `Basic ${btoa(`${clientId}:${clientSecret}`)}`,
        [claimsHeader]: JSON.stringify({ groups }),
      },
      body: new URLSearchParams({ grant_type: "client_credentials", resource: audience }),
    });
    const answer: unknown = await response.json();
    return tokenOf(answer);
  }

  async userToken(person: Person): Promise<string> {
    const provider = this.#current();
    const client = await provider.Client.find(clientId);
    if (client === undefined) throw new Error("the provider has lost its client");
    this.#people.set(person.subject, person);
    const token = new provider.AccessToken({
      client,
      accountId: person.subject,
      grantId: crypto.randomUUID(),
      gty: "authorization_code",
      resourceServer: new provider.ResourceServer(audience, resourceServer),
    });
    return await token.save();
  }

  async rotateKey(): Promise<void> {
    this.#keys = [await newKey(), ...this.#keys];
    this.#provider = this.#configured();
  }

  retireOldKeys(): void {
    this.#keys = this.#keys.slice(0, 1);
    this.#provider = this.#configured();
  }

  async stop(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async restart(): Promise<void> {
    this.#server.listen(this.#port, "127.0.0.1");
    await once(this.#server, "listening");
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#server.listening) await this.stop();
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    this.requests.push(request.url ?? "");
    if (!this.silent) void this.#current().callback()(request, response);
  }

  #current(): Provider {
    if (this.#provider === undefined) throw new Error("the provider has not begun");
    return this.#provider;
  }

  /** The provider takes its keys once, so that a rotation is a new provider behind the same port. */
  #configured(): Provider {
    const configuration: Configuration = {
      clients: [client],
      clientDefaults: { id_token_signed_response_alg: "ES256" },
      jwks: { keys: [...this.#keys] },
      cookies: { keys: ["of-this-test"] },
      findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
      extraTokenClaims: (context, token) => {
        const sent = context?.get(claimsHeader);
        if (sent) return JSON.parse(sent);
        return "accountId" in token ? claimsOf(this.#people.get(token.accountId ?? "")) : {};
      },
      features: {
        devInteractions: { enabled: false },
        clientCredentials: { enabled: true },
        resourceIndicators: { enabled: true, getResourceServerInfo: () => resourceServer },
      },
      ttl: { AccessToken: tokenSeconds, ClientCredentials: tokenSeconds },
    };
    return withoutItsNotices(() => new Provider(this.issuer, configuration));
  }
}

const client = {
  client_id: clientId,
  client_secret: clientSecret,
  grant_types: ["client_credentials"],
  redirect_uris: [],
  response_types: [],
};

const resourceServer = {
  audience,
  scope: "api",
  accessTokenFormat: "jwt",
  accessTokenTTL: tokenSeconds,
  jwt: { sign: { alg: "ES256" } },
} as const;

async function newKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair("ES256", { extractable: true });
  const jwk = await exportJWK(privateKey);
  return { ...jwk, kid: crypto.randomUUID(), use: "sig", alg: "ES256" };
}

function claimsOf(person: Person | undefined): Record<string, unknown> {
  const { subject: _, ...claims } = person ?? { subject: "" };
  return claims;
}

function tokenOf(answer: unknown): string {
  if (typeof answer === "object" && answer !== null && "access_token" in answer)
    return String(answer.access_token);
  throw new Error(`the provider refused a token: ${JSON.stringify(answer)}`);
}

/** The provider warns on the console about what is only wrong in production. Everything else still gets through. */
function withoutItsNotices<T>(create: () => T): T {
  const { info, warn } = console;
  const filter =
    (print: typeof info) =>
    (first: unknown, ...rest: unknown[]) => {
      if (!String(first).includes("oidc-provider ")) print(first, ...rest);
    };
  console.info = filter(info);
  console.warn = filter(warn);
  try {
    return create();
  } finally {
    console.info = info;
    console.warn = warn;
  }
}
