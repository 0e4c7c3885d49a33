// Who may come in, by which credential, and who is known to hold a role.
import type { HandlerContext } from "@connectrpc/connect";
import { createAuthenticate } from "./auth/authenticate.ts";
import { type CertificateUser, createCertificates } from "./auth/certificate.ts";
import { createHmacAuthenticator, type HmacUser } from "./auth/hmac.ts";
import { createHmacDirectory } from "./auth/hmac-directory.ts";
import { hmacPrincipalId } from "./auth/hmac-principal.ts";
import { createOidcAuthenticator, type IssuerStatus, type OidcLog } from "./auth/oidc.ts";
import type { IssuerSettings } from "./auth/oidc/issuer.ts";
import { createSharedSalts, type SharedMemory } from "./auth/shared-salts.ts";
import { createUsedSalts } from "./auth/used-salts.ts";
import { peerKey } from "./http/peer.ts";
import type { Authenticate } from "./rbac/gate.ts";
import type { Role } from "./rbac/role.ts";
import type { Holder, Holders } from "./services/access/holder.ts";
import type { ConfiguredUser } from "./services/user/draft.ts";
import { proceduresOf } from "./services/user/limit.ts";
import type { StoredUser } from "./services/user/stored-users.ts";

/** How old a signature may be if the settings say nothing of the role, in seconds. */
const defaultWindowSeconds = 30;

/** Everybody whom the settings name. */
export interface IdentityOptions {
  readonly users: readonly HmacUser[];
  readonly certificateUsers?: readonly CertificateUser[];
  readonly issuers: readonly IssuerSettings[];
  readonly providerTenant: string;
  /** How old signatures of users of the store may be by their role: whole seconds, 1 to 300. */
  readonly windowSecondsOf?: (role: Role) => number;
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
  /** Whom the settings name. */
  readonly configured: readonly ConfiguredUser[];
  /** Puts these users in the place of those of the last time, beside those of the settings. */
  replaceUsers(users: readonly StoredUser[]): void;
  /** How old the keys of each OIDC issuer are. */
  issuers(): readonly IssuerStatus[];
  /** Fetches no keys any more. */
  stop(): void;
}

/** Opens the doors: OIDC, HMAC, and client certificates where a call has no Authorization header. */
export function createIdentities(options: IdentityOptions): Identities {
  const { users, issuers, providerTenant, log, store, now } = options;
  const certificateUsers = (options.certificateUsers ?? []).map(limited);
  const clock = now && { now };
  const own = createUsedSalts({ ...clock });
  const usedSalts = store?.firstUses ? createSharedSalts(own, store.firstUses) : own;
  const directory = createHmacDirectory(users, { providerTenant, ...clock });
  const windowSecondsOf = options.windowSecondsOf ?? (() => defaultWindowSeconds);
  let stored: readonly HmacUser[] = [];
  const hmac = createHmacAuthenticator(directory, { providerTenant, usedSalts, ...clock });
  const oidc = createOidcAuthenticator(issuers, { log, ...clock });
  oidc.start();
  const names = new Set(users.map(({ name }) => name));
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
      get users() {
        const signing = [...users, ...stored.filter(({ name }) => !names.has(name))];
        return [...signing.map(hmacHolder), ...certificateUsers.map(certificateHolder)];
      },
      grants: oidc.grants(),
    },
    configured: [
      ...users.map((user) => ({ id: hmacPrincipalId(user.name), ...user })),
      ...certificateUsers.map((user) => ({ ...certificateHolder(user), keys: [] })),
    ],
    replaceUsers(found) {
      stored = found.map((user) => ({ ...user, windowSeconds: windowSecondsOf(user.role) }));
      directory.replace(stored);
    },
    issuers: () => oidc.status(),
    stop: () => oidc.stop(),
  };
}

/**
 * Machines are many, and any of them may fall into wrong hands: each may call what its component is documented to call,
 * and nothing without one.
 */
function limited(user: CertificateUser): CertificateUser {
  if (user.subject.after === undefined) return user;
  const { component = "" } = user;
  return { ...user, procedures: proceduresOf({ component, limitedTo: [] }) ?? new Set() };
}

function hmacHolder({ name, role, component, procedures }: HmacUser): Holder {
  return {
    id: hmacPrincipalId(name),
    name,
    role,
    ...(component !== undefined && { component }),
    ...(procedures !== undefined && { procedures }),
  };
}

function certificateHolder({ name, role, component, procedures }: CertificateUser): Holder {
  return {
    id: `cert:${name}`,
    name,
    role,
    ...(component !== undefined && { component }),
    ...(procedures !== undefined && { procedures }),
  };
}

const repeatedHeaders = ({ values }: HandlerContext): ReadonlySet<string> =>
  values.get(peerKey)?.repeatedHeaders ?? new Set();

const certificateOf = ({ values }: HandlerContext) => values.get(peerKey)?.tls?.certificate;
