// The kit in one piece: what a Connect adapter needs so that every call is decided by its rule. Each part is checked
// by the next one, so a part that is missing or replaced refuses calls instead of letting them in.
import type { ConnectRouterOptions, Interceptor } from "@connectrpc/connect";
import { createEnforcer } from "./enforcer.ts";
import { createGate, type GateOptions } from "./gate.ts";
import { guardRoutes, type Routes } from "./mount.ts";
import type { RuleTable } from "./rule.ts";

/** What a server brings along. */
export interface GuardOptions extends GateOptions {
  /** Mounts the services, without options of their own. */
  readonly routes: Routes;
  /** Further interceptors. They see calls that were allowed, the first one listed first. */
  readonly interceptors?: readonly Interceptor[];
}

/** Options of a Connect adapter or router. */
export type Guard = { readonly routes: Routes } & Pick<
  ConnectRouterOptions,
  "requestGate" | "interceptors"
>;

/** The guard over a rule table. Its `routes` throws MountError if a service would be served without its rule. */
export function createGuard(rules: RuleTable, options: GuardOptions): Guard {
  const { routes, interceptors = [], ...gate } = options;
  return {
    routes: guardRoutes(rules, routes),
    requestGate: createGate(rules, gate),
    interceptors: [createEnforcer(rules, gate), ...interceptors],
  };
}
