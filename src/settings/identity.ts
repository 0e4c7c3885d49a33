// Checks of what every listed identity says about itself, whatever its credential.
import { Role } from "../rbac/role.ts";
import { type Check, oneOf, quoted } from "./check.ts";

const rolesByWord = { view: Role.VIEWER, edit: Role.EDITOR, admin: Role.ADMIN } as const;
const word = oneOf("view", "edit", "admin");

/** "view", "edit" or "admin". */
export const role: Check<Role> = (given) => {
  const checked = word(given);
  return "value" in checked ? { value: rolesByWord[checked.value] } : checked;
};

/** No control, format or bidi characters: people read it in the audit. */
export const label: Check<string> = (given) => {
  const fits = typeof given === "string" && /^[^\p{C}]{1,100}$/u.test(given);
  if (fits) return { value: given };
  return { reason: `is ${quoted(given)}`, remedy: "write 1 to 100 visible characters" };
};

/** What a component is called, as in "metal-core". */
export const componentName: Check<string> = (given) => {
  const fits = typeof given === "string" && /^[a-z][a-z0-9-]{0,62}$/.test(given);
  if (fits) return { value: given };
  return { reason: `is ${quoted(given)}`, remedy: "write a name as in metal-core" };
};
