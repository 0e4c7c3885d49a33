// Callers by their client certificate. TLS has proven that the certificate is good and that the peer holds its key;
// what is left is whom the settings know under its name.
import type { Principal } from "../rbac/principal.ts";
import type { Role } from "../rbac/role.ts";
import type { Procedure } from "../rbac/rule.ts";
import { matchSubject, type SubjectPattern } from "./certificate-subject.ts";

/** Somebody, or some machine of many, who is known by a certificate. */
export interface CertificateUser {
  readonly subject: SubjectPattern;
  /** Unique; becomes the principal's id. */
  readonly name: string;
  readonly role: Role;
  /** Marks the identity as one of the on-site components. */
  readonly component?: string;
  /** The only RPCs it may call, of those that need a role; absent if it may call all that its role admits. */
  readonly procedures?: ReadonlySet<Procedure>;
}

/** A certificate that TLS has verified. */
export interface PresentedCertificate {
  readonly commonName?: string;
  readonly dnsNames: readonly string[];
  readonly uris: readonly string[];
  /** SHA-256 of the whole certificate, in hexadecimal digits. */
  readonly fingerprint: string;
  readonly notAfter: Date;
}

/** The caller that a certificate names; undefined if no user is known by it. The first user that fits counts. */
export type IdentifyCertificate = (certificate: PresentedCertificate) => Principal | undefined;

/** Digits of the fingerprint by which the audit tells certificates of one name apart. */
const keyIdDigits = 16;

/** Knows these users. The same certificate object gives the same principal, which is frozen. */
export function createCertificates(users: readonly CertificateUser[]): IdentifyCertificate {
  const known = new WeakMap<PresentedCertificate, Principal>();
  return (certificate) => {
    const principal = known.get(certificate) ?? find(users, certificate);
    if (principal !== undefined) known.set(certificate, principal);
    return principal;
  };
}

function find(
  users: readonly CertificateUser[],
  certificate: PresentedCertificate,
): Principal | undefined {
  for (const user of users) {
    const match = matchSubject(user.subject, certificate);
    if (match !== undefined) return principalOf(user, certificate, match);
  }
  return undefined;
}

function principalOf(
  user: CertificateUser,
  { fingerprint, notAfter }: PresentedCertificate,
  { subject, machine }: { readonly subject: string; readonly machine?: string },
): Principal {
  const { role, component, procedures } = user;
  const name = machine === undefined ? user.name : `${user.name}/${machine}`;
  const credential = {
    kind: "mtls",
    label: `client certificate ${subject}`,
    keyId: fingerprint.slice(0, keyIdDigits),
  };
  return Object.freeze({
    id: `cert:${name}`,
    name,
    role,
    ...(component !== undefined && { component }),
    ...(procedures !== undefined && { procedures }),
    ...(machine !== undefined && { machine }),
    credential: Object.freeze(credential),
    expiresAt: new Date(notAfter),
  });
}
