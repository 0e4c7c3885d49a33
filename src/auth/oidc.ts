// The door for OIDC bearer tokens, from any number of issuers. The order is what matters: strict text, then the issuer
// by the exact text of `iss`, then a key of that issuer only, then the signature, then every claim. What follows from
// a token that passes is built field by field.
import { compactVerify } from "jose/jws/compact/verify";
import type { Principal } from "../rbac/principal.ts";
import type { Role } from "../rbac/role.ts";
import {
  type Authenticator,
  CredentialError,
  type CredentialRequest,
  UndecidableError,
} from "./authenticator.ts";
import { checkClaims } from "./oidc/claims.ts";
import { identify, roleNames } from "./oidc/identity.ts";
import { type Issuer, type IssuerSettings, resolveIssuer } from "./oidc/issuer.ts";
import { type JsonObject, member } from "./oidc/json.ts";
import type { VerificationKey } from "./oidc/key.ts";
import { KeySet, type KeySetStatus } from "./oidc/key-set.ts";
import { loadKeys } from "./oidc/provider.ts";
import { refuse } from "./oidc/refusal.ts";
import {
  bearerToken,
  decodeToken,
  defaultMaximumTokenLength,
  type UnverifiedToken,
} from "./oidc/token.ts";
import { VerifiedTokens } from "./oidc/verified-tokens.ts";
import { grantingValues } from "./role-mapping.ts";

/** Where what an operator should know goes. A pino logger is one. Never receives a token. */
export interface OidcLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** How the door fits into its process. */
export interface OidcOptions {
  /** Milliseconds since the epoch; Date.now unless stated. */
  readonly now?: () => number;
  readonly log?: OidcLog;
  /** Longest token, in characters; 8192 unless stated. */
  readonly maximumTokenLength?: number;
}

/** The state of one issuer, for metrics and readiness. */
export interface IssuerStatus extends KeySetStatus {
  readonly issuer: string;
}

/** A name in an issuer's tokens that grants a role. */
export interface RoleGrant {
  readonly issuer: string;
  readonly value: string;
  readonly role: Role;
}

/** Authenticates bearer tokens. */
export interface OidcAuthenticator extends Authenticator {
  /** Begins to fetch and refresh keys. Keeps no process alive. Without it, the first token begins it. */
  start(): void;
  /** Ends what `start` began, for good. Tokens with known keys are still accepted. */
  stop(): void;
  /** Refuses all tokens until the providers have confirmed their keys anew; ends streams that hang on them. */
  dropKeys(): void;
  status(): readonly IssuerStatus[];
  grants(): readonly RoleGrant[];
}

interface Trusted {
  readonly issuer: Issuer;
  readonly keys: KeySet;
}

/** A token whose signature is good. */
interface SignedToken {
  readonly issuer: Issuer;
  readonly key: VerificationKey;
  readonly payload: JsonObject;
  readonly nowMs: number;
}

const tendEveryMs = 1000;
const silent: OidcLog = { info: () => {}, warn: () => {}, error: () => {} };

/** The door for tokens of `issuers`. Throws TypeError if one of them may not be used or is named twice. */
export function createOidcAuthenticator(
  issuers: readonly IssuerSettings[],
  options: OidcOptions = {},
): OidcAuthenticator {
  const door = new Door(options);
  for (const settings of issuers) door.trust(resolveIssuer(settings));
  return door;
}

class Door implements OidcAuthenticator {
  readonly #trusted = new Map<string, Trusted>();
  readonly #verified = new VerifiedTokens();
  readonly #now: () => number;
  readonly #log: OidcLog;
  readonly #maximumTokenLength: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: OidcOptions) {
    this.#now = options.now ?? Date.now;
    this.#log = options.log ?? silent;
    this.#maximumTokenLength = options.maximumTokenLength ?? defaultMaximumTokenLength;
  }

  trust(issuer: Issuer): void {
    if (this.#trusted.has(issuer.issuer))
      throw new TypeError(`issuer ${issuer.issuer} is named twice`);
    const keys = new KeySet({
      load: (signal) => loadKeys(issuer, signal),
      now: this.#now,
      onChange: () => this.#keysChanged(issuer),
      onFailure: (error) => this.#loadFailed(issuer, error),
    });
    this.#trusted.set(issuer.issuer, { issuer, keys });
  }

  claims(scheme: string): boolean {
    return scheme.toLowerCase() === "bearer";
  }

  authenticate(request: CredentialRequest): Principal | Promise<Principal> {
    try {
      const text = bearerToken(request, this.#maximumTokenLength);
      return this.#verified.get(text, this.#now()) ?? this.#authenticateAnew(text, request.signal);
    } catch (error) {
      throw this.#refusalOf(error);
    }
  }

  async #authenticateAnew(text: string, signal: AbortSignal): Promise<Principal> {
    try {
      return await this.#verify(text, signal);
    } catch (error) {
      throw this.#refusalOf(error);
    }
  }

  #refusalOf(error: unknown): CredentialError | UndecidableError {
    if (error instanceof CredentialError || error instanceof UndecidableError) return error;
    this.#log.error({ err: error }, "a bearer token could not be checked");
    return new UndecidableError("fault");
  }

  start(): void {
    this.#timer ??= setInterval(() => this.#tend(), tendEveryMs).unref();
    this.#tend();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    for (const { keys } of this.#trusted.values()) keys.stop();
  }

  dropKeys(): void {
    for (const { keys } of this.#trusted.values()) keys.drop();
  }

  status(): readonly IssuerStatus[] {
    const all = [...this.#trusted.values()];
    return all.map(({ issuer, keys }) => ({ issuer: issuer.issuer, ...keys.status() }));
  }

  grants(): readonly RoleGrant[] {
    const all = [...this.#trusted.values()];
    return all.flatMap(({ issuer: { issuer, roleMapping } }) =>
      grantingValues(roleMapping).map(([value, role]) => ({ issuer, value, role })),
    );
  }

  #tend(): void {
    for (const { keys } of this.#trusted.values()) keys.tend();
  }

  async #verify(text: string, signal: AbortSignal): Promise<Principal> {
    const token = decodeToken(text);
    const trusted = this.#issuerOf(token);
    const key = await findKey(token, trusted, signal);
    await verifySignature(token, key);
    const nowMs = this.#now();
    const principal = this.#principal({ ...trusted, key, payload: token.payload, nowMs });
    this.#verified.add(text, principal, nowMs);
    return principal;
  }

  /** By unverified claims, which is safe: only a key of the issuer chosen here can verify the token. */
  #issuerOf({ payload }: UnverifiedToken): Trusted {
    const issuer = member(payload, "iss");
    if (typeof issuer !== "string") return refuse("issuer_unknown");
    return this.#trusted.get(issuer) ?? refuse("issuer_unknown");
  }

  #principal({ issuer, key, payload, nowMs }: SignedToken): Principal {
    const claims = checkClaims(payload, issuer, nowMs / 1000);
    const names = roleNames(payload, issuer);
    const fields = { issuer: issuer.issuer, subject: claims.subject };
    if (names === undefined) this.#log.info(fields, "the role claim of a token has another shape");
    return identify({ issuer, claims, payload, key, roleNames: names ?? [] });
  }

  #keysChanged({ issuer }: Issuer): void {
    this.#verified.clear();
    this.#log.info({ issuer }, "the keys of an issuer changed");
  }

  #loadFailed({ issuer }: Issuer, error: unknown): void {
    this.#log.warn({ issuer, err: error }, "the keys of an issuer could not be loaded");
  }
}

async function findKey(
  { header }: UnverifiedToken,
  { issuer, keys }: Trusted,
  signal: AbortSignal,
): Promise<VerificationKey> {
  if (!issuer.algorithms.some((allowed) => allowed === header.algorithm))
    refuse("algorithm_refused");
  return await keys.find(header, signal);
}

/** jose throws many kinds of errors, for the key as for the token. All mean that this key did not sign this text. */
async function verifySignature(
  { text, header }: UnverifiedToken,
  key: VerificationKey,
): Promise<void> {
  try {
    await compactVerify(text, key.key, { algorithms: [header.algorithm] });
  } catch {
    refuse("signature_wrong");
  }
}
