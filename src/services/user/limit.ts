// Which RPCs an identity is limited to: those that it was made with, or those of its component as this server knows it.
import type { User } from "../../../gen/metal/store/v1/user_pb.ts";
import { type Component, components } from "../../domain/component.ts";
import type { Procedure } from "../../rbac/rule.ts";

/** The documented component of that name. */
export function componentNamed(name: string): Component | undefined {
  return components.find((component) => component.name === name);
}

/**
 * The only RPCs that an identity may call, as "package.Service/Method"; undefined if it is not limited. Of a component
 * that this server does not know, none.
 */
export function limitOf({ component, limitedTo }: Pick<User, "component" | "limitedTo">) {
  if (component !== "") return Object.keys(componentNamed(component)?.calls ?? {});
  return limitedTo.length > 0 ? limitedTo : undefined;
}

/** The same as the gate needs it. */
export function proceduresOf(
  user: Pick<User, "component" | "limitedTo">,
): ReadonlySet<Procedure> | undefined {
  const limit = limitOf(user);
  return limit && new Set(limit.map((name): Procedure => `/${name}` as Procedure));
}
