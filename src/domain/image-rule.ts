// Rules for images as sizes and filesystem layouts have them: which versions of which operating system.
import { ConnectError } from "@connectrpc/connect";
import type { Report } from "./fault.ts";
import type { VersionNumber } from "./version.ts";
import { parseRange, satisfies } from "./version-range.ts";

/** For an operating system the constraint of its versions, see `parseRange`. */
export type ImageRules = Readonly<Record<string, string>>;

/** Reports everything that is wrong with rules that stand at `path`. */
export function checkImageRules(rules: ImageRules, path: string, report: Report): void {
  for (const [os, constraint] of Object.entries(rules)) {
    const here = `${path}["${os}"]`;
    if (os === "*") report(here, '"*" is not an operating system; name each one');
    const reason = faultOf(constraint);
    if (reason !== undefined) report(here, reason);
  }
}

function faultOf(constraint: string): string | undefined {
  try {
    parseRange(constraint);
    return undefined;
  } catch (error) {
    if (!(error instanceof ConnectError)) throw error;
    return error.rawMessage;
  }
}

/** The rule for an operating system; undefined if there is none. */
export function ruleFor(rules: ImageRules, os: string): string | undefined {
  return Object.hasOwn(rules, os) ? rules[os] : undefined;
}

/** Does a rule, which must be valid, accept the version? */
export function accepts(rule: string, version: VersionNumber): boolean {
  return satisfies(parseRange(rule), version);
}
