// Globs as Go's path.Match reads them (https://pkg.go.dev/path#Match), by which sizes name models and devices.
// A glob is kept as a small automaton: place n is reached when the first n terms are satisfied.
import {
  type CodePointSet,
  codePointSet,
  complement,
  contains,
  everyCodePoint,
  intersect,
} from "./code-point-set.ts";
import { invalid } from "./errors.ts";

/** One place of a glob: the characters it accepts, exactly one of them or any number (`*`). */
interface Term {
  readonly accepts: CodePointSet;
  readonly many: boolean;
}

/** A pattern that whole texts match or do not match, character by character (code points). */
export interface Glob {
  /** As written. */
  readonly text: string;
  readonly terms: readonly Term[];
}

/** Matches every text, `/` included; no pattern can say that, see {@link parseGlob}. */
export const anyText: Glob = { text: "", terms: [{ accepts: everyCodePoint, many: true }] };

const codePoint = (char: string): number => char.codePointAt(0) ?? 0;
const notSlash = complement([[codePoint("/"), codePoint("/")]]);

/** `*`, `?`, a class of at least one character or range, an escaped character, or any other character. */
const token = /\*|\?|\[(?:\^|(?!\^))(?:(?:\\.|[^\\\]-])(?:-(?:\\.|[^\\\]-]))?)+\]|\\.|[^*?[\\]/suy;

/** A character of a class, or the two ends of a range. */
const classItem = /\\?(.)(?:-\\?(.))?/gsu;

/**
 * Reads a glob: `*` is any run without `/`, `?` one character but `/`, `[a-z]` one of these, `[^a-z]` any other one, and
 * `\` takes away the meaning of the character behind it. Throws invalid_argument if the text is no glob.
 */
export function parseGlob(text: string): Glob {
  const { terms, fault } = readTerms(text);
  if (fault !== undefined) throw invalid(fault);
  return { text, terms };
}

/** What is wrong with the text as a glob; undefined if nothing is. */
export function globFault(text: string): string | undefined {
  return readTerms(text).fault;
}

function readTerms(text: string): { terms: readonly Term[]; fault?: string } {
  const terms: Term[] = [];
  let at = 0;
  while (at < text.length) {
    token.lastIndex = at;
    const [found] = token.exec(text) ?? [];
    if (found === undefined) return { terms, fault: faultAt(text, at) };
    // a run of stars says no more than one, and would cost time with every character
    if (found !== "*" || terms.at(-1)?.many !== true) terms.push(termOf(found));
    at += found.length;
  }
  return { terms };
}

/** Only an opening bracket or a backslash can begin something that is no term. */
function faultAt(text: string, at: number): string {
  if (text[at] === "[")
    return `glob "${text}" has a class at character ${at + 1} that is empty, malformed or not closed`;
  return `glob "${text}" ends with a backslash that has nothing to escape`;
}

function termOf(found: string): Term {
  if (found === "*") return { accepts: notSlash, many: true };
  if (found === "?") return { accepts: notSlash, many: false };
  if (found.startsWith("[^"))
    return { accepts: complement(classOf(found.slice(2, -1))), many: false };
  if (found.startsWith("[")) return { accepts: classOf(found.slice(1, -1)), many: false };
  return { accepts: classOf(found), many: false };
}

function classOf(items: string): CodePointSet {
  const ranges = Array.from(items.matchAll(classItem), ([, first = "", last = first]) => {
    return [codePoint(first), codePoint(last)] as const;
  });
  return codePointSet(ranges);
}

/** Does the whole text match? Takes time in proportion to the text times the glob, whatever they are. */
export function globMatches({ terms }: Glob, text: string): boolean {
  let places = reach(terms, 0);
  for (const char of text) places = advance(terms, places, codePoint(char));
  return places.has(terms.length);
}

/** The place and those behind it that are reached without a further character. */
function reach(terms: readonly Term[], place: number): Set<number> {
  const places = new Set([place]);
  for (let at = place; terms[at]?.many === true; at++) places.add(at + 1);
  return places;
}

function advance(terms: readonly Term[], places: Set<number>, char: number): Set<number> {
  const next = new Set<number>();
  for (const place of places) {
    const term = terms[place];
    if (term === undefined || !contains(term.accepts, char)) continue;
    for (const reached of reach(terms, after(term, place))) next.add(reached);
  }
  return next;
}

/** Where a character that the term accepts leads to. */
const after = (term: Term, place: number): number => (term.many ? place : place + 1);

/** Is there a text that matches both? Exact: walks through both automata at once. */
export function globsIntersect(a: Glob, b: Glob): boolean {
  const seen = new Set<string>();
  const open: Places[] = [[0, 0]];
  for (let places = open.pop(); places !== undefined; places = open.pop()) {
    if (places[0] === a.terms.length && places[1] === b.terms.length) return true;
    const unseen = steps(a, b, places).filter((step) => !seen.has(step.join()));
    for (const step of unseen) seen.add(step.join());
    open.push(...unseen);
  }
  return false;
}

type Places = readonly [number, number];

/** Where both globs can stand next: past a `*` of one of them, or behind a character that both accept. */
function steps(a: Glob, b: Glob, [inA, inB]: Places): readonly Places[] {
  const [termA, termB] = [a.terms[inA], b.terms[inB]];
  const next: Places[] = [];
  if (termA?.many === true) next.push([inA + 1, inB]);
  if (termB?.many === true) next.push([inA, inB + 1]);
  if (termA !== undefined && termB !== undefined && intersect(termA.accepts, termB.accepts))
    next.push([after(termA, inA), after(termB, inB)]);
  return next;
}

/** A glob that matches exactly this text. */
export function escapeGlob(text: string): string {
  return text.replaceAll(/[*?[\\]/g, "\\$&");
}
