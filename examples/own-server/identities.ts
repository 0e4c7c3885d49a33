// Who may come in: four API keys, sent as "x-api-key". A real server reads them from its settings.
import { createHash } from "node:crypto";
import type { Authenticate } from "../../src/rbac/gate.ts";
import type { Principal } from "../../src/rbac/principal.ts";
import { Role } from "../../src/rbac/role.ts";

/** Keys are looked up by their hash, so that the time it takes says nothing about them. */
const hash = (key: string) => createHash("sha256").update(key).digest("hex");

const identity = (key: string, name: string, rights: Pick<Principal, "role" | "component">) => {
  const credential = { kind: "api-key", label: `API key of the ${name}` };
  return [hash(key), { id: `desk:${name}`, name, credential, ...rights }] as const;
};

const identities: ReadonlyMap<string, Principal> = new Map([
  identity("reader-key", "reader", { role: Role.VIEWER }),
  identity("librarian-key", "librarian", { role: Role.EDITOR }),
  identity("box-key", "box", { role: Role.EDITOR, component: "return-box" }),
  identity("director-key", "director", { role: Role.ADMIN }),
]);

/** The caller of a call: nobody without a key, refused with one that is unknown. */
export const authenticate: Authenticate = async ({ requestHeader }) => {
  const key = requestHeader.get("x-api-key");
  if (key === null) return { principal: undefined };
  const principal = identities.get(hash(key));
  return principal ? { principal } : { refused: "BAD_CREDENTIAL", detail: "unknown_key" };
};
