// Makes a request small enough to be kept. Everything long is cut, and nothing else left out, so that nobody hides what
// they ask for behind something large beside it.
import type { JsonObject, JsonValue } from "@bufbuild/protobuf";

/** What is kept of a request, in characters of JSON. */
const sizeLimit = 64 * 1024;
/**
 * So many objects and lists within each other are kept. Readers of protobuf take 100 messages within each other, and an
 * object in the request of a record is three: a record that goes deeper could be written, and never read again.
 */
const depthLimit = 20;

/** What is kept of each text, in characters; of each list or object, in entries; and how many of them within each other. */
interface Limits {
  readonly text: number;
  readonly entries: number;
  readonly depth: number;
}

/** From the largest to the smallest: the first that is small enough is taken. */
const limitsToTry: readonly Limits[] = [
  { text: 4096, entries: 500, depth: depthLimit },
  { text: 512, entries: 50, depth: 12 },
  { text: 128, entries: 20, depth: 8 },
  { text: 64, entries: 10, depth: 5 },
];

/** What stands for what is left out, and says how much there was. */
const omitted = (size: number): JsonObject => ({ "@omitted": `of ${size} characters of JSON` });

/** `request` if it is small enough to keep; what is kept of it otherwise. */
export function shortened(request: JsonObject): JsonObject {
  const size = sizeOf(request);
  if (size <= sizeLimit && depthOf(request) <= depthLimit) return request;
  for (const limits of limitsToTry) {
    const short = { ...omitted(size), ...cutObject(request, limits) };
    if (sizeOf(short) <= sizeLimit) return short;
  }
  return omitted(size);
}

const sizeOf = (value: JsonValue): number => JSON.stringify(value).length;

/** How many objects and lists are within each other. No deeper than the message, whose depth its reader limits. */
function depthOf(value: JsonValue): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Object.values(value).reduce<number>((most, each) => Math.max(most, depthOf(each)), 0);
}

function cut(value: JsonValue, limits: Limits): JsonValue {
  if (typeof value === "string") return cutText(value, limits.text);
  if (typeof value !== "object" || value === null) return value;
  if (limits.depth === 0) return omitted(sizeOf(value));
  return Array.isArray(value) ? cutList(value, limits) : cutObject(value, limits);
}

/** `text`, or so many characters of it. */
export function cutText(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most).toWellFormed()}…`;
}

function cutList(list: readonly JsonValue[], limits: Limits): JsonValue[] {
  const kept = list.slice(0, limits.entries).map((each) => cut(each, inside(limits)));
  return list.length === kept.length ? kept : [...kept, `@omitted ${list.length - kept.length}`];
}

function cutObject(object: JsonObject, limits: Limits): JsonObject {
  const all = Object.entries(object);
  const kept = all
    .slice(0, limits.entries)
    .map(([name, each]) => [cutText(name, limits.text), cut(each, inside(limits))] as const);
  return Object.fromEntries(kept);
}

const inside = (limits: Limits): Limits => ({ ...limits, depth: limits.depth - 1 });
