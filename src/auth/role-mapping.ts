// From the names that a provider gives its users to a role here. Names are compared exactly: no case folding, no
// trimming, no parts of words, so that a name that merely resembles an administrator's grants nothing.
import { Role } from "../rbac/role.ts";

/**
 * How a name stands in a token. "exact": as in the table. "ldap-prefixed": `<tenant>_<name>`. "ad-prefixed":
 * `<TT>Pg_Srv_App<name>_Full`, where TT are the two characters of a tenant; other permissions than Full grant nothing.
 */
export type RoleMappingMode = "exact" | "ldap-prefixed" | "ad-prefixed";

/** What an issuer's names grant. */
export interface RoleMapping {
  readonly mode: RoleMappingMode;
  /** The role by name, after the prefix is taken off. */
  readonly roles: ReadonlyMap<string, Role>;
  /** The tenant prefixes that count; undefined admits every one. Without meaning in mode "exact". */
  readonly tenants?: ReadonlySet<string>;
}

interface Name {
  readonly name: string;
  readonly tenant?: string;
}

/** Every mode. */
export const roleMappingModes: readonly RoleMappingMode[] = [
  "exact",
  "ldap-prefixed",
  "ad-prefixed",
];

/** The group names that metal-stack uses. */
export const defaultRoles: ReadonlyMap<string, Role> = new Map([
  ["maas-all-all-view", Role.VIEWER],
  ["maas-all-all-edit", Role.EDITOR],
  ["maas-all-all-admin", Role.ADMIN],
  ["k8s_kaas-view", Role.VIEWER],
  ["k8s_kaas-edit", Role.EDITOR],
  ["k8s_kaas-admin", Role.ADMIN],
]);

const ldapGroup = /^(?<tenant>[A-Za-z0-9][A-Za-z0-9.-]*)_(?<name>[^_]+)$/;
const adGroup = /^(?<tenant>[A-Za-z0-9]{2})Pg_Srv_App(?<name>[^_]+)_[Ff]ull$/;

const spellings: Readonly<Record<RoleMappingMode, (name: string, tenant: string) => string>> = {
  exact: (name) => name,
  "ldap-prefixed": (name, tenant) => `${tenant}_${name}`,
  "ad-prefixed": (name, tenant) => `${tenant}Pg_Srv_App${name}_Full`,
};

const readers: Readonly<Record<RoleMappingMode, (value: string) => Name | undefined>> = {
  exact: (value) => ({ name: value }),
  "ldap-prefixed": (value) => split(ldapGroup, value),
  "ad-prefixed": (value) => split(adGroup, value),
};

/** The highest role that one of `values` grants; ROLE_AUTHENTICATED if none does. */
export function grantedRole(values: readonly string[], mapping: RoleMapping): Role {
  const granted = values.map((value) => roleOf(value, mapping));
  return granted.reduce((highest, role) => (role > highest ? role : highest), Role.AUTHENTICATED);
}

/** The values that grant a role, as they stand in a token; "*" for a tenant where every one counts. For people. */
export function grantingValues(mapping: RoleMapping): readonly (readonly [string, Role])[] {
  const tenants = mapping.mode === "exact" ? [""] : [...(mapping.tenants ?? ["*"])];
  const roles = [...mapping.roles].filter(
    ([name]) => mapping.mode === "exact" || !name.includes("_"),
  );
  return roles.flatMap(([name, role]) =>
    tenants.map((tenant) => [spellings[mapping.mode](name, tenant), role] as const),
  );
}

function roleOf(value: string, mapping: RoleMapping): Role {
  const read = readers[mapping.mode](value);
  if (read === undefined || !admitsTenant(read, mapping)) return Role.AUTHENTICATED;
  return mapping.roles.get(read.name) ?? Role.AUTHENTICATED;
}

function admitsTenant({ tenant }: Name, { tenants }: RoleMapping): boolean {
  return tenants === undefined || tenant === undefined || tenants.has(tenant);
}

function split(pattern: RegExp, value: string): Name | undefined {
  const { name, tenant } = pattern.exec(value)?.groups ?? {};
  return name === undefined || tenant === undefined ? undefined : { name, tenant };
}
