// What changed between two policies, and whether it gives anybody more than before.
import { roleName } from "../role.ts";
import { auditLevels } from "../rule.ts";
import { Role } from "../role.ts";
import { type Policy, type PolicyRule, reveals } from "./policy.ts";

/** "widened": somebody may do more, or leaves less behind. "narrowed": the opposite. */
export type ChangeKind = "widened" | "narrowed" | "added" | "removed";

/** One change of one fact. */
export interface Change {
  readonly kind: ChangeKind;
  /** "package.Service/Method". */
  readonly procedure: string;
  /** "rpc", "role", "components", "access", "audit", "reason", "scope" or "secret". */
  readonly fact: string;
  /** The value before, in words; "none" if there was none. */
  readonly before: string;
  readonly after: string;
}

type Difference = Omit<Change, "procedure">;
type Comparison = (before: PolicyRule, after: PolicyRule) => readonly Difference[];

const none = "none";

/** How facts compare. What kind of stream an RPC is, and where it stands, is no matter of rights. */
const comparisons: readonly Comparison[] = [
  (a, b) => ordered("role", [a.minRole, b.minRole], ([from, to]) => [roleName(from), roleName(to)]),
  ({ components: a }, { components: b }) => [...admitted(a, b), ...noLongerAdmitted(a, b)],
  // A read can be called by GET, from any web page, and leaves nothing in the audit by itself.
  (a, b) => ordered("access", [+!a.read, +!b.read], () => [access(a), access(b)]),
  (a, b) => ordered("audit", [levelOf(a), levelOf(b)], () => [a.audit, b.audit]),
  (a, b) => ordered("reason", [+a.reason, +b.reason], () => [reason(a), reason(b)]),
  ({ scope: a }, { scope: b }) => (a === b ? [] : [scopeChange(a, b)]),
  (a, b) => revealed(a, b),
];

/** Everything that changed from `before` to `after`, ordered by RPC. */
export function changesBetween(before: Policy, after: Policy): Change[] {
  const procedures = [...new Set([...before.keys(), ...after.keys()])].toSorted();
  return procedures.flatMap((procedure) => {
    const differences = changesOf(before.get(procedure), after.get(procedure));
    return differences.map((difference) => ({ procedure, ...difference }));
  });
}

function changesOf(
  before: PolicyRule | undefined,
  after: PolicyRule | undefined,
): readonly Difference[] {
  if (before && after) return comparisons.flatMap((compare) => compare(before, after));
  if (before) return [{ kind: "removed", fact: "rpc", before: shown(before), after: none }];
  return after ? [{ kind: addition(after), fact: "rpc", before: none, after: shown(after) }] : [];
}

/** A new RPC gives nobody more than was decided when it was written, unless it is open to everybody. */
function addition({ minRole }: PolicyRule): ChangeKind {
  return minRole === Role.PUBLIC ? "widened" : "added";
}

function shown({ minRole, components }: PolicyRule): string {
  const only = components.length === 0 ? "" : `, only ${components.join(" ")}`;
  return `${roleName(minRole)}${only}`;
}

/** A fact whose value is the stricter the higher it is. */
function ordered<T extends number>(
  fact: string,
  [from, to]: readonly [T, T],
  words: (pair: readonly [T, T]) => readonly [string, string],
): readonly Difference[] {
  if (from === to) return [];
  const [before, after] = words([from, to]);
  return [{ kind: to < from ? "widened" : "narrowed", fact, before, after }];
}

function admitted(a: readonly string[], b: readonly string[]): readonly Difference[] {
  const isWider = a.length > 0 && (b.length === 0 || b.some((name) => !a.includes(name)));
  return isWider ? [componentChange("widened", a, b)] : [];
}

function noLongerAdmitted(a: readonly string[], b: readonly string[]): readonly Difference[] {
  const isNarrower = b.length > 0 && (a.length === 0 || a.some((name) => !b.includes(name)));
  return isNarrower ? [componentChange("narrowed", a, b)] : [];
}

function componentChange(kind: ChangeKind, a: readonly string[], b: readonly string[]): Difference {
  const words = (names: readonly string[]) => names.join(" ") || "everybody with the role";
  return { kind, fact: "components", before: words(a), after: words(b) };
}

/** Another scope may be wider or not; whoever changes it should say. */
function scopeChange(before: string, after: string): Difference {
  const kind = before === "" ? "narrowed" : "widened";
  return { kind, fact: "scope", before: before || none, after: after || none };
}

/** Secrets that an answer shows and did not show before. Unknown where a policy does not tell of secrets. */
function revealed(a: PolicyRule, b: PolicyRule): readonly Difference[] {
  if (a.secrets === undefined || b.secrets === undefined) return [];
  const [before, after] = [secretsOf(a), secretsOf(b)];
  const fact = "secret";
  return [
    ...after
      .filter((path) => !before.includes(path))
      .map((path): Difference => ({ kind: "widened", fact, before: none, after: path })),
    ...before
      .filter((path) => !after.includes(path))
      .map((path): Difference => ({ kind: "narrowed", fact, before: path, after: none })),
  ];
}

const secretsOf = (rule: PolicyRule) => (reveals(rule) ? (rule.secrets ?? []) : []);
const levelOf = ({ audit }: PolicyRule) => auditLevels.indexOf(audit);
const access = ({ read }: PolicyRule) => (read ? "read" : "write");
const reason = (rule: PolicyRule) => (rule.reason ? "demanded" : none);
