// Strict times of RFC 3339. `Date.parse` is no substitute: it takes other forms, and rolls 30 February into March.

const form =
  /^(\d{4})-(\d{2})-(\d{2})T(\d{1,2}):(\d{2}):(\d{2})(?:[.,]\d+)?(?:Z|([+-])(\d{2}):(\d{2}))$/;

/**
 * Seconds since 1970 of an RFC 3339 time, the fraction cut off; undefined for any other text.
 *
 * As metal-stack's clients and servers have it: "T" and "Z" in capitals, a zone always, no leap second; a comma before
 * the fraction and an hour of one digit pass. Offsets reach 23:59 (RFC 3339, section 5.6).
 */
export function parseRfc3339(text: string): number | undefined {
  const match = form.exec(text);
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number);
  const midnight = utcMidnight(year ?? 0, month ?? 0, day ?? 0);
  const time = secondOfDay(hour ?? 0, minute ?? 0, second ?? 0);
  const offset = offsetSeconds(match[7], Number(match[8] ?? 0), Number(match[9] ?? 0));
  if (midnight === undefined || time === undefined || offset === undefined) return undefined;
  return midnight + time - offset;
}

/** "2026-01-15T10:00:00Z": always 20 characters for the years 0 to 9999. `epochSeconds` is a whole number. */
export function formatUtcSeconds(epochSeconds: number): string {
  return new Date(epochSeconds * 1000).toISOString().replace(".000Z", "Z");
}

function utcMidnight(year: number, month: number, day: number): number | undefined {
  // Date.UTC would read the years 0 to 99 as 1900 to 1999.
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  const exists = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return exists ? date.getTime() / 1000 : undefined;
}

function secondOfDay(hour: number, minute: number, second: number): number | undefined {
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  return hour * 3600 + minute * 60 + second;
}

function offsetSeconds(sign: string | undefined, hour: number, minute: number): number | undefined {
  const seconds = secondOfDay(hour, minute, 0);
  return sign === "-" && seconds !== undefined ? -seconds : seconds;
}
