// Prints gate.ts: the runtime, bound to the rules. It is what a server imports.
import { notice, runtimePath, type Style, siblingPath } from "./module.ts";

/** The module's text. */
export function printGate(style: Style): string {
  return `// ${notice}
import type { ConnectRouter } from "@connectrpc/connect";
import { createEnforcer, type EnforcerOptions } from ${runtimePath(style, "enforcer")};
import { createGate, type GateOptions } from ${runtimePath(style, "gate")};
import { guardRoutes } from ${runtimePath(style, "mount")};
import { rules } from ${siblingPath(style, "rules")};

/** Decides every call by its rule, before any byte of the body is read. For the \`requestGate\` of an adapter. */
export const gate = (options: GateOptions) => createGate(rules, options);

/** Makes sure that the gate has decided, and ends streams whose credential ends. The first interceptor. */
export const enforcer = (options: EnforcerOptions = {}) => createEnforcer(rules, options);

/** Mounts \`routes\` so that nothing is served without its rule; throws if something would be. */
export const guarded = (routes: (router: ConnectRouter) => void) => guardRoutes(rules, routes);
`;
}
