// Names of calls: 32 hexadecimal digits as in W3C Trace Context, which begin with the time so that they sort by it.
import { randomFillSync } from "node:crypto";

const timeDigits = 12;
const timeLimit = 2 ** 48;

/** A new trace id: 48 bits of milliseconds since 1970, then 80 random bits; time first as in RFC 9562, section 5.7. */
export function newTraceId(now: number = Date.now()): string {
  if (now !== last.now) last = { now, digits: lowestTraceId(now).slice(0, timeDigits) };
  return last.digits + randomDigits();
}

/** The time of the last id, because many calls arrive within a millisecond. */
let last = { now: Number.NaN, digits: "" };

const randomLength = 20;
const randomBytesOfMany = Buffer.alloc((randomLength / 2) * 400);
/** Random digits for many ids: asking for a few takes as long as asking for many. None is used twice. */
let random = "";
let used = 0;

function randomDigits(): string {
  if (used === random.length) {
    random = randomFillSync(randomBytesOfMany).toString("hex");
    used = 0;
  }
  used += randomLength;
  return random.slice(used - randomLength, used);
}

/** The lowest trace id of a moment, in milliseconds since 1970: a bound for searches by time. */
export function lowestTraceId(ms: number): string {
  const bounded = Math.min(Math.max(Math.floor(ms), 0), timeLimit - 1);
  return bounded.toString(16).padStart(timeDigits, "0").padEnd(32, "0");
}
