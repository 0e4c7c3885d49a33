// Prints gate.ts: the runtime, bound to the rules. It is what a server imports.
import { notice, runtimePath, type Style, siblingPath } from "./module.ts";

/** The module's text. */
export function printGate(style: Style): string {
  return `// ${notice}
import { createGuard, type GuardOptions } from ${runtimePath(style, "guard")};
import { rules } from ${siblingPath(style, "rules")};

/**
 * Options of a Connect adapter under which every call is decided by its rule, before any byte of its body is read.
 * Their \`routes\` throws MountError if a service would be served without its rule.
 */
export const guard = (options: GuardOptions) => createGuard(rules, options);
`;
}
