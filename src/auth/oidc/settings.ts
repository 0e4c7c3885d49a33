// The `oidc` list of the settings file. Whoever writes it learns everything that is wrong with it at once; a key that
// we do not know is wrong, because a misspelt restriction would be no restriction.
import { accessSync, constants } from "node:fs";
import { Role } from "../../rbac/role.ts";
import { type RoleMapping, roleMappingModes } from "../role-mapping.ts";
import { algorithmNames } from "./algorithm.ts";
import { claimShapes } from "./claim-values.ts";
import {
  duration,
  Fields,
  mapOf,
  oneOf,
  type Place,
  type Reader,
  someOf,
  text,
  textOrTexts,
  texts,
  WrongValue,
} from "./fields.ts";
import { type ComponentMapping, type IssuerSettings, issuerProblem } from "./issuer.ts";

/** What a list of issuers says, and what is wrong with it, one sentence each. Use it only without problems. */
export interface ParsedIssuers {
  readonly issuers: readonly IssuerSettings[];
  readonly problems: readonly string[];
}

const issuerKeys = [
  "issuer",
  "audience",
  "algorithms",
  "role-claim",
  "role-claim-shape",
  "role-mapping",
  "components",
  "authorized-parties",
  "ca-file",
  "max-token-lifetime",
];
const mappingKeys = ["mode", "tenants", "roles"];
const componentKeys = ["claim", "names"];

const roleWords: ReadonlyMap<string, Role> = new Map([
  ["view", Role.VIEWER],
  ["edit", Role.EDITOR],
  ["admin", Role.ADMIN],
]);

/**
 * Reads the value of the setting `oidc`: a list of issuers, or undefined for none. Looks whether CA files can be read.
 * The shorthand of one issuer and audience is `parseIssuers([{ issuer, audience }])`.
 */
export function parseIssuers(value: unknown): ParsedIssuers {
  const problems: string[] = [];
  const list: readonly unknown[] = Array.isArray(value) ? value : [];
  if (value !== undefined && !Array.isArray(value)) problems.push("oidc must be a list of issuers");
  const issuers = list.flatMap(
    (each, index) => readIssuer(each, { place: `oidc[${index}]`, problems }) ?? [],
  );
  noteRepeated(issuers, problems);
  return { issuers, problems };
}

function readIssuer(value: unknown, place: Place): IssuerSettings | undefined {
  const fields = new Fields(value, issuerKeys, place);
  const issuer = fields.required("issuer", issuerAddress);
  const audience = fields.required("audience", textOrTexts);
  const settings = {
    algorithms: fields.optional("algorithms", someOf(algorithmNames)),
    roleClaim: fields.optional("role-claim", claimPath),
    roleClaimShape: fields.optional("role-claim-shape", oneOf(claimShapes)),
    roleMapping: readMapping(fields, place.problems),
    components: readComponents(fields, place.problems),
    authorizedParties: fields.optional("authorized-parties", texts),
    caFile: fields.optional("ca-file", readableFile),
    maximumLifetimeSeconds: fields.optional("max-token-lifetime", duration),
  };
  return issuer === undefined || audience === undefined
    ? undefined
    : { issuer, audience, ...settings };
}

function readMapping(parent: Fields, problems: string[]): Partial<RoleMapping> | undefined {
  if (!parent.has("role-mapping")) return undefined;
  const place = parent.at("role-mapping");
  const fields = new Fields(parent.raw("role-mapping"), mappingKeys, { place, problems });
  const mode = fields.optional("mode", oneOf(roleMappingModes)) ?? "exact";
  const tenants = fields.optional("tenants", texts);
  const roles = fields.optional("roles", mapOf(role));
  if (tenants !== undefined && mode === "exact")
    problems.push(`${fields.at("tenants")} has no meaning in mode exact`);
  return { mode, roles, tenants: tenants && new Set(tenants) };
}

function readComponents(parent: Fields, problems: string[]): ComponentMapping | undefined {
  if (!parent.has("components")) return undefined;
  const place = parent.at("components");
  const fields = new Fields(parent.raw("components"), componentKeys, { place, problems });
  const claim = fields.optional("claim", claimPath);
  const names = fields.required("names", mapOf(componentName));
  return names === undefined ? undefined : { claim, names };
}

function noteRepeated(issuers: readonly IssuerSettings[], problems: string[]): void {
  const names = issuers.map(({ issuer }) => issuer);
  const repeated = names.filter((name, index) => names.indexOf(name) !== index);
  for (const name of new Set(repeated))
    problems.push(`oidc names the issuer ${JSON.stringify(name)} twice`);
}

const issuerAddress: Reader<string> = (value) => {
  const address = text(value);
  const problem = issuerProblem(address);
  if (problem === undefined) return address;
  throw new WrongValue(problem);
};

const claimPath: Reader<readonly string[]> = (value) => {
  if (Array.isArray(value)) return texts(value);
  throw new WrongValue(
    "must be a list of keys, from the outermost inwards, such as [realm_access, roles]",
  );
};

const role: Reader<Role> = (value) => {
  const found = roleWords.get(oneOf([...roleWords.keys()])(value));
  if (found !== undefined) return found;
  throw new WrongValue("must be a role");
};

const componentName: Reader<string> = (value) => {
  const name = text(value);
  if (/^[a-z][a-z0-9-]*$/.test(name)) return name;
  throw new WrongValue(`must name a component in lower case, not ${JSON.stringify(name)}`);
};

const readableFile: Reader<string> = (value) => {
  const path = text(value);
  try {
    accessSync(path, constants.R_OK);
    return path;
  } catch {
    throw new WrongValue(`names ${JSON.stringify(path)}, which cannot be read`);
  }
};
