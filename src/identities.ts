// Who may come in, by which credential, and who is known to hold a role.
import type { HandlerContext } from "@connectrpc/connect";
import { createAuthenticate } from "./auth/authenticate.ts";
import { type CertificateUser, createCertificates } from "./auth/certificate.ts";
import { createHmacAuthenticator, type HmacUser } from "./auth/hmac.ts";
import { hmacPrincipalId } from "./auth/hmac-principal.ts";
import { createOidcAuthenticator, type IssuerStatus, type OidcLog } from "./auth/oidc.ts";
import type { IssuerSettings } from "./auth/oidc/issuer.ts";
import { createSharedSalts, type SharedMemory } from "./auth/shared-salts.ts";
import { createUsedSalts } from "./auth/used-salts.ts";
import { peerKey } from "./http/peer.ts";
import type { Authenticate } from "./rbac/gate.ts";
import type { Holder, Holders } from "./services/access/holder.ts";

/** Everybody whom the settings name. */
export interface IdentityOptions {
  readonly users: readonly HmacUser[];
  readonly certificateUsers?: readonly CertificateUser[];
  readonly issuers: readonly IssuerSettings[];
  readonly providerTenant: string;
  readonly log: OidcLog;
  /** What servers that share a store know of each other's callers. */
  readonly store?: { readonly firstUses?: SharedMemory };
  /** Milliseconds since 1970, for the age of credentials. */
  readonly now?: () => number;
}

/** What the rest of the server needs of them. */
export interface Identities {
  readonly authenticate: Authenticate;
  readonly holders: Holders;
  /** How old the keys of each OIDC issuer are. */
  issuers(): readonly IssuerStatus[];
  /** Fetches no keys any more. */
  stop(): void;
}

/** Opens the doors: OIDC, HMAC, and client certificates where a call has no Authorization header. */
export function createIdentities(options: IdentityOptions): Identities {
  const { users, certificateUsers = [], issuers, providerTenant, log, store, now } = options;
  const clock = now && { now };
  const own = createUsedSalts({ ...clock });
  const usedSalts = store?.firstUses ? createSharedSalts(own, store.firstUses) : own;
  const hmac = createHmacAuthenticator(users, { providerTenant, usedSalts, ...clock });
  const oidc = createOidcAuthenticator(issuers, { log, ...clock });
  oidc.start();
  const authenticate = createAuthenticate({
    schemes: [oidc, hmac],
    repeatedHeaders,
    certificateOf,
    identifyCertificate: createCertificates(certificateUsers),
    ...clock,
  });
  return {
    authenticate,
    holders: {
      users: [...users.map(hmacHolder), ...certificateUsers.map(certificateHolder)],
      grants: oidc.grants(),
    },
    issuers: () => oidc.status(),
    stop: () => oidc.stop(),
  };
}

function hmacHolder({ name, role, component }: HmacUser): Holder {
  return { id: hmacPrincipalId(name), name, role, ...(component !== undefined && { component }) };
}

function certificateHolder({ name, role, component }: CertificateUser): Holder {
  return { id: `cert:${name}`, name, role, ...(component !== undefined && { component }) };
}

const repeatedHeaders = ({ values }: HandlerContext): ReadonlySet<string> =>
  values.get(peerKey)?.repeatedHeaders ?? new Set();

const certificateOf = ({ values }: HandlerContext) => values.get(peerKey)?.tls?.certificate;
