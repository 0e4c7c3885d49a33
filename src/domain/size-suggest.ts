// The size that a machine at hand calls for: constraints that its hardware, and hardware equal to it, matches.
import { escapeGlob, globMatches } from "./glob.ts";
import type { ConstraintType, SizeConstraint } from "./size.ts";
import { deviceNames, type Hardware, hardwareAmount, identifierGlob } from "./size-match.ts";

/**
 * Valid constraints that `hardware` matches, all bounds being its actual amounts: cores, memory and storage with an
 * identifier as narrow as one glob can be, and one constraint for each model of GPU.
 */
export function suggestConstraints(hardware: Hardware): SizeConstraint[] {
  const exactly = (type: ConstraintType, identifier: string): SizeConstraint => {
    const amount = hardwareAmount(hardware, { type, identifier });
    return { type, min: amount, max: amount, identifier };
  };
  const models = new Set(deviceNames(hardware, "gpu").map(gpuIdentifier));
  return [
    exactly("cores", suggestIdentifier(deviceNames(hardware, "cores"))),
    exactly("memory", ""),
    exactly("storage", suggestIdentifier(deviceNames(hardware, "storage"))),
    ...Array.from(models, (identifier) => exactly("gpu", identifier)),
  ];
}

/** A constraint on GPUs needs an identifier, so a GPU that does not tell its model is counted by `*`. */
const gpuIdentifier = (model: string): string => (model === "" ? "*" : escapeGlob(model));

/**
 * A glob that matches all names: the name itself if there is but one, else what they begin with and `*`. Empty, which
 * stands for all devices, if there are no names or if they differ across a `/`, which `*` does not cross.
 */
export function suggestIdentifier(names: readonly string[]): string {
  const [first, ...others] = new Set(names);
  if (first === undefined) return "";
  const identifier =
    others.length === 0 ? escapeGlob(first) : `${escapeGlob(commonPrefix(first, others))}*`;
  const glob = identifierGlob(identifier);
  return names.every((name) => globMatches(glob, name)) ? identifier : "";
}

/** The longest beginning that all texts share, in whole code points. */
function commonPrefix(first: string, others: readonly string[]): string {
  const chars = Array.from(first);
  const rivals = others.map((other) => Array.from(other));
  const end = chars.findIndex((char, at) => rivals.some((rival) => rival[at] !== char));
  return chars.slice(0, end < 0 ? chars.length : end).join("");
}
