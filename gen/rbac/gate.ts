// Written by `buf generate` from the options in the protos. To change a rule, change its proto.
import type { ConnectRouter } from "@connectrpc/connect";
import { createEnforcer, type EnforcerOptions } from "../../src/rbac/enforcer.ts";
import { createGate, type GateOptions } from "../../src/rbac/gate.ts";
import { guardRoutes } from "../../src/rbac/mount.ts";
import { rules } from "./rules.ts";

/** Decides every call by its rule, before any byte of the body is read. For the `requestGate` of an adapter. */
export const gate = (options: GateOptions) => createGate(rules, options);

/** Makes sure that the gate has decided, and ends streams whose credential ends. The first interceptor. */
export const enforcer = (options: EnforcerOptions = {}) => createEnforcer(rules, options);

/** Mounts `routes` so that nothing is served without its rule; throws if something would be. */
export const guarded = (routes: (router: ConnectRouter) => void) => guardRoutes(rules, routes);
