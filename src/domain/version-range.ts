// Version constraints such as `>= 20.04.20211011`, as sets of versions: one representation answers both whether a
// version is allowed and whether two constraints have a version in common.
import { invalid } from "./errors.ts";
import { compareVersions, parseVersion, type Version, type VersionNumber } from "./version.ts";

/** From `from`, inclusive, until below `until`; without end if `until` is missing. */
interface Interval {
  readonly from: VersionNumber;
  readonly until?: VersionNumber;
}

/** The versions that a constraint accepts. */
export interface VersionRange {
  /** The constraint as written. */
  readonly text: string;
  readonly intervals: readonly Interval[];
  /** Pre-releases are accepted only by `*` and by constraints that name a pre-release themselves. */
  readonly prereleases: boolean;
}

type Numbers = VersionNumber["numbers"];

/** The earliest version with these numbers: `0` is the lowest of all pre-releases (semver section 11.4). */
const earliest = (...numbers: Numbers): VersionNumber => ({ numbers, prerelease: ["0"] });

const zero = earliest(0n, 0n, 0n);

/** What each operator accepts. A shortened operand stands for all its versions: `> 10` begins at 11.0.0. */
const operators: ReadonlyMap<string, (operand: Version) => readonly Interval[]> = new Map([
  ["=", (operand) => [{ from: operand, until: afterAll(operand) }]],
  ["!=", (operand) => [{ from: zero, until: operand }, { from: afterAll(operand) }]],
  [">", (operand) => [{ from: afterAll(operand) }]],
  [">=", (operand) => [{ from: operand }]],
  ["=>", (operand) => [{ from: operand }]],
  ["<", (operand) => [{ from: zero, until: operand }]],
  ["<=", (operand) => [{ from: zero, until: afterAll(operand) }]],
  ["=<", (operand) => [{ from: zero, until: afterAll(operand) }]],
  ["~", (operand) => [{ from: operand, until: nextMinor(operand) }]],
  ["~>", (operand) => [{ from: operand, until: nextMinor(operand) }]],
  ["^", (operand) => [{ from: operand, until: nextBreaking(operand) }]],
]);

/** The first version behind everything that `operand` stands for: `10` → 11, `10.1` → 10.2, `10.1.3` → the one after. */
function afterAll(operand: Version): VersionNumber {
  const [major, minor, patch] = operand.numbers;
  if (operand.prerelease.length > 0)
    return { numbers: operand.numbers, prerelease: [...operand.prerelease, "0"] };
  if (operand.precision === 1) return earliest(major + 1n, 0n, 0n);
  if (operand.precision === 2) return earliest(major, minor + 1n, 0n);
  return earliest(major, minor, patch + 1n);
}

function nextMinor({ numbers: [major, minor], precision }: Version): VersionNumber {
  return precision === 1 ? earliest(major + 1n, 0n, 0n) : earliest(major, minor + 1n, 0n);
}

/** `^` keeps the leftmost number that is not 0, for below 1.0.0 a minor version may break (semver section 4). */
function nextBreaking({ numbers: [major, minor, patch], precision }: Version): VersionNumber {
  if (major > 0n || precision === 1) return earliest(major + 1n, 0n, 0n);
  if (minor > 0n || precision === 2) return earliest(major, minor + 1n, 0n);
  return earliest(major, minor, patch + 1n);
}

/**
 * Reads `*` (any version), a version, or an operator, one space and a version. Throws invalid_argument saying what is
 * wrong with anything else; constraints cannot be combined.
 */
export function parseRange(text: string): VersionRange {
  if (text === "*") return { text, intervals: [{ from: zero }], prereleases: true };
  const space = text.indexOf(" ");
  const operator = space < 0 ? "=" : text.slice(0, space);
  const operand = text.slice(space + 1);
  const intervals = operators.get(operator);
  const version = parseVersion(operand);
  if (intervals === undefined || version === undefined)
    throw invalid(`version constraint "${text}" ${faultOf(operator, operand)}`);
  return { text, intervals: intervals(version), prereleases: version.prerelease.length > 0 };
}

function faultOf(operator: string, operand: string): string {
  if (!operators.has(operator))
    return `begins with "${operator}", not with one of ${[...operators.keys()].join(" ")}`;
  if (/^[\s=!<>~^]/.test(operand)) return "needs one space between operator and version";
  if (/[,|\s]/.test(operand)) return "combines several, only one is possible";
  return `has no version of one to three numbers in "${operand}"`;
}

/** Does the constraint accept the version? */
export function satisfies(range: VersionRange, version: VersionNumber): boolean {
  if (version.prerelease.length > 0 && !range.prereleases) return false;
  return range.intervals.some(
    ({ from, until }) => compareVersions(from, version) <= 0 && isBelow(version, until),
  );
}

/** Is there a version that both constraints accept? Exact, whether or not an image has that version. */
export function rangesOverlap(a: VersionRange, b: VersionRange): boolean {
  const prereleases = a.prereleases && b.prereleases;
  return a.intervals.some((one) =>
    b.intervals.some((other) => firstCommon(one, other, prereleases)),
  );
}

/**
 * If two intervals have a common version, then the later of their beginnings is one, or, where only releases count,
 * the release with the numbers of that beginning.
 */
function firstCommon(a: Interval, b: Interval, prereleases: boolean): boolean {
  const from = compareVersions(a.from, b.from) < 0 ? b.from : a.from;
  const first = prereleases ? from : { numbers: from.numbers, prerelease: [] };
  return isBelow(first, a.until) && isBelow(first, b.until);
}

function isBelow(version: VersionNumber, end: VersionNumber | undefined): boolean {
  return end === undefined || compareVersions(version, end) < 0;
}
