// Written by `buf generate` from the options in the protos. To change a rule, change its proto.
import { createGuard, type GuardOptions } from "../../../../src/rbac/guard.ts";
import { rules } from "./rules.ts";

/**
 * Options of a Connect adapter under which every call is decided by its rule, before any byte of its body is read.
 * Their `routes` throws MountError if a service would be served without its rule.
 */
export const guard = (options: GuardOptions) => createGuard(rules, options);
