// An OIDC issuer that this server trusts, and what its tokens mean here.
import { defaultRoles, type RoleMapping } from "../role-mapping.ts";
import { type Algorithm, defaultAlgorithms } from "./algorithm.ts";
import type { ClaimPath, ClaimShape } from "./claim-values.ts";

/** Which identities of an issuer are components of the data centre. */
export interface ComponentMapping {
  /** Where the identity stands in the token; ["sub"] unless stated. */
  readonly claim?: ClaimPath;
  /** The component by the value found there. */
  readonly names: ReadonlyMap<string, string>;
}

/** What has to be said about an issuer; all but the first two have a default. */
export interface IssuerSettings {
  /** The issuer's URL, to the byte as it stands in `iss`. https, or http on a loopback address. */
  readonly issuer: string;
  /** Who we are to the issuer: one of these must be in `aud`. */
  readonly audience: string | readonly string[];
  /** RS256, PS256, ES256 and EdDSA unless stated. */
  readonly algorithms?: readonly Algorithm[];
  /** Where the role names stand. Unless stated: "roles", and "groups" where "roles" is absent or empty. */
  readonly roleClaim?: ClaimPath;
  /** "strings" unless stated. */
  readonly roleClaimShape?: ClaimShape;
  /** metal-stack's group names, exactly as they are, unless stated. */
  readonly roleMapping?: Partial<RoleMapping>;
  readonly components?: ComponentMapping;
  /** The clients whose tokens count (`azp`). Unless stated, it is looked at only where a token has several audiences. */
  readonly authorizedParties?: readonly string[];
  /** A PEM file with the only authorities that may vouch for the issuer's TLS certificate. */
  readonly caFile?: string;
  /** Longest time between `iat` and `exp`; 24 hours unless stated. */
  readonly maximumLifetimeSeconds?: number;
}

/** An issuer with every default filled in. */
export interface Issuer {
  readonly issuer: string;
  readonly audiences: ReadonlySet<string>;
  readonly algorithms: readonly Algorithm[];
  /** The first of these that holds anything counts. */
  readonly roleClaims: readonly ClaimPath[];
  readonly roleClaimShape: ClaimShape;
  readonly roleMapping: RoleMapping;
  readonly components: Required<ComponentMapping>;
  readonly authorizedParties?: ReadonlySet<string>;
  readonly caFile?: string;
  readonly maximumLifetimeSeconds: number;
}

/** How long a token may live unless the settings say otherwise. */
export const defaultMaximumLifetimeSeconds = 24 * 3600;

const defaultRoleClaims: readonly ClaimPath[] = [["roles"], ["groups"]];
const loopback = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/** Fills in the defaults. Throws TypeError if the issuer's URL may not be used or there is no audience. */
export function resolveIssuer(settings: IssuerSettings): Issuer {
  const problem = issuerProblem(settings.issuer);
  if (problem !== undefined) throw new TypeError(`issuer ${problem}`);
  const audiences = new Set([settings.audience].flat());
  if (audiences.size === 0 || audiences.has("")) throw new TypeError("an issuer needs an audience");
  return {
    issuer: settings.issuer,
    audiences,
    algorithms: settings.algorithms ?? defaultAlgorithms,
    roleClaims: settings.roleClaim === undefined ? defaultRoleClaims : [settings.roleClaim],
    roleClaimShape: settings.roleClaimShape ?? "strings",
    roleMapping: resolveMapping(settings.roleMapping),
    components: resolveComponents(settings.components),
    authorizedParties: settings.authorizedParties && new Set(settings.authorizedParties),
    caFile: settings.caFile,
    maximumLifetimeSeconds: settings.maximumLifetimeSeconds ?? defaultMaximumLifetimeSeconds,
  };
}

/** Says why `text` cannot be an issuer (OpenID Connect Discovery section 2), or undefined if it can. */
export function issuerProblem(text: string): string | undefined {
  const url = URL.parse(text);
  if (url === null) return `${JSON.stringify(text)} is not a URL`;
  if (!isTrustworthy(url))
    return `${JSON.stringify(text)} must use https (http only on a loopback address)`;
  if (/[?#]/.test(text) || url.username !== "" || url.password !== "")
    return `${JSON.stringify(text)} must have no query, fragment or user`;
  return undefined;
}

/** True if what is fetched from `url` comes from who it says, or from this very machine. */
export function isTrustworthy(url: URL): boolean {
  return url.protocol === "https:" || (url.protocol === "http:" && loopback.test(url.hostname));
}

function resolveMapping(mapping: Partial<RoleMapping> = {}): RoleMapping {
  return {
    mode: mapping.mode ?? "exact",
    roles: mapping.roles ?? defaultRoles,
    tenants: mapping.tenants,
  };
}

function resolveComponents(components?: ComponentMapping): Required<ComponentMapping> {
  return { claim: components?.claim ?? ["sub"], names: components?.names ?? new Map() };
}
