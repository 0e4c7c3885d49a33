// The words of the options and their order, by name: the generator must run before the code that is generated
// from the same proto exists.
import { type AuditLevel, auditLevels } from "../rule.ts";

/** The roles a rule may state, lowest first. */
export const roleWords: readonly string[] = [
  "ROLE_PUBLIC",
  "ROLE_AUTHENTICATED",
  "ROLE_VIEWER",
  "ROLE_EDITOR",
  "ROLE_ADMIN",
];

/** "EDITOR" for "ROLE_EDITOR": the member of the generated enum. */
export function roleMember(word: string): string {
  return word.replace(/^ROLE_/, "");
}

/** "Editor" for "ROLE_EDITOR": what people read. */
export function roleTitle(word: string): string {
  const member = roleMember(word);
  return member.slice(0, 1) + member.slice(1).toLowerCase();
}

/** True if `word` is a role and is `needed` or above. */
export function atLeast(word: string, needed: string): boolean {
  return roleWords.includes(word) && roleWords.indexOf(word) >= roleWords.indexOf(needed);
}

/** What a rule may state about the audit; the first word stands for the default. */
export const auditWords: readonly string[] = [
  "AUDIT_LEVEL_UNSPECIFIED",
  ...auditLevels.map((level) => `AUDIT_LEVEL_${level.toUpperCase()}`),
];

/** The level that `word` names; for the first word and for unknown ones what is recorded if nothing is stated. */
export function auditLevel(word: string | undefined, read: boolean): AuditLevel {
  const stated = auditLevels.find((level) => word === `AUDIT_LEVEL_${level.toUpperCase()}`);
  return stated ?? defaultAudit(read);
}

/** What is recorded if the rule states nothing: refusals of a read, everything of a write. */
export function defaultAudit(read: boolean): AuditLevel {
  return read ? "refusals" : "full";
}

/** True if `level` records less than `other`. */
export function recordsLess(level: AuditLevel, other: AuditLevel): boolean {
  return auditLevels.indexOf(level) < auditLevels.indexOf(other);
}
