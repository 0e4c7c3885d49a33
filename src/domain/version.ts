// Versions as image ids and version constraints write them: semver (https://semver.org, 2.0.0), read leniently.
// One to three numbers, leading zeros allowed, so Ubuntu's 20.04 is 20.4 and a date may be the third number.
import { ascending } from "./order.ts";

/** A point in the order of versions. */
export interface VersionNumber {
  /** Major, minor, patch; a number that was not written is 0. */
  readonly numbers: readonly [bigint, bigint, bigint];
  /** The identifiers behind the dash, `["rc", "1"]` for `1.2.3-rc.1`; empty for a release. */
  readonly prerelease: readonly string[];
}

/** A version as somebody wrote it. */
export interface Version extends VersionNumber {
  readonly text: string;
  /** How many numbers were written: `22` has 1, `22.04` has 2, `22.04.0` has 3. */
  readonly precision: 1 | 2 | 3;
}

/** Longest version that is read, in characters; keeps the numbers cheap to convert and compare. */
const maxLengthCharacters = 256;

const pattern = /^(\d+)(?:\.(\d+)(?:\.(\d+)(?:-([\dA-Za-z-]+(?:\.[\dA-Za-z-]+)*))?)?)?$/;

/**
 * Reads one to three numbers joined by dots, behind three also a pre-release (`10.1.0-rc.1`). Undefined for
 * anything else: wildcards, a leading `v`, build metadata, blanks.
 */
export function parseVersion(text: string): Version | undefined {
  const match = text.length > maxLengthCharacters ? null : pattern.exec(text);
  if (match === null) return undefined;
  const [, major = "0", minor, patch, prerelease] = match;
  return {
    text,
    precision: precisionOf(minor, patch),
    numbers: [BigInt(major), BigInt(minor ?? "0"), BigInt(patch ?? "0")],
    prerelease: prerelease?.split(".") ?? [],
  };
}

function precisionOf(minor: string | undefined, patch: string | undefined): Version["precision"] {
  if (minor === undefined) return 1;
  return patch === undefined ? 2 : 3;
}

/** Always three numbers without leading zeros, `20.4.0` for `20.04`: equal versions have equal texts. */
export function normalVersion(version: VersionNumber): string {
  const numbers = version.numbers.join(".");
  if (version.prerelease.length === 0) return numbers;
  return `${numbers}-${version.prerelease.map(withoutLeadingZeros).join(".")}`;
}

/**
 * Negative if `a` is older, positive if newer, 0 if both denote the same version (`20.04` and `20.4.0`). Total for
 * numbers of any length; a pre-release comes before its release (semver section 11).
 */
export function compareVersions(a: VersionNumber, b: VersionNumber): number {
  return (
    ascending(a.numbers[0], b.numbers[0]) ||
    ascending(a.numbers[1], b.numbers[1]) ||
    ascending(a.numbers[2], b.numbers[2]) ||
    comparePrereleases(a.prerelease, b.prerelease)
  );
}

function comparePrereleases(a: readonly string[], b: readonly string[]): number {
  if (a.length === 0 || b.length === 0) return ascending(b.length, a.length);
  const unequal = a
    .slice(0, b.length)
    .map((identifier, at) => compareIdentifiers(identifier, b[at] ?? ""))
    .find((result) => result !== 0);
  return unequal ?? ascending(a.length, b.length);
}

/** Numbers by value and below all words, words by ASCII (semver section 11.4). */
function compareIdentifiers(a: string, b: string): number {
  const [aIsNumber, bIsNumber] = [isNumber(a), isNumber(b)];
  if (aIsNumber && bIsNumber) return ascending(BigInt(a), BigInt(b));
  if (aIsNumber !== bIsNumber) return aIsNumber ? -1 : 1;
  return ascending(a, b);
}

const isNumber = (identifier: string): boolean => /^\d+$/.test(identifier);

const withoutLeadingZeros = (identifier: string): string =>
  isNumber(identifier) ? BigInt(identifier).toString() : identifier;
