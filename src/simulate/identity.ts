// Who the simulated components are: HMAC users with keys of their own that live as long as the process.
import { randomBytes } from "node:crypto";
import { Role } from "../../gen/metal/rbac/v1/rbac_pb.ts";

/** What a component signs its calls with; of the form that the server knows its users in. */
export interface Identity {
  readonly name: string;
  readonly type: string;
  readonly keys: readonly [{ readonly id: string; readonly secret: string }];
  readonly role: Role;
  readonly component?: string;
  readonly windowSeconds: number;
}

/** The on-site components, with the roles that metal-stack's documentation assigns to them. */
const components = {
  pixiecore: Role.VIEWER,
  "metal-hammer": Role.VIEWER,
  "metal-core": Role.EDITOR,
  "metal-bmc": Role.EDITOR,
} as const;
/** The name of an on-site component. */
export type Component = keyof typeof components;

/** The identities of a simulation: the components, and an operator who builds the inventory. */
export type Identities = Readonly<Record<Component | "operator", Identity>>;

/** Makes identities with new keys. */
export function createIdentities(): Identities {
  const marked = (component: Component) => ({
    ...identity(`Simulated-${component}`, components[component]),
    component,
  });
  return {
    pixiecore: marked("pixiecore"),
    "metal-hammer": marked("metal-hammer"),
    "metal-core": marked("metal-core"),
    "metal-bmc": marked("metal-bmc"),
    operator: identity("Simulated-operator", Role.ADMIN),
  };
}

function identity(name: string, role: Role): Identity {
  const keys = [{ id: "simulation", secret: randomBytes(32).toString("base64url") }] as const;
  return { name, type: name, keys, role, windowSeconds: 90 };
}
