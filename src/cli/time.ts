// Durations and moments as people write them, and ages as tables show them.

const unitSeconds: Readonly<Record<string, number>> = {
  ms: 0.001,
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
  w: 604_800,
};

/** Seconds of "90s", "1h30m", "2d 4h", "1.5h", "250ms". Undefined for anything else; a bare number is no duration. */
export function durationSeconds(text: string): number | undefined {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)\s*(ms|[smhdw])\s*/gy)];
  const length = parts.reduce((sum, [part]) => sum + part.length, 0);
  if (parts.length === 0 || length !== text.length) return undefined;
  return parts.reduce(
    (sum, [, count, unit = ""]) => sum + Number(count) * (unitSeconds[unit] ?? 0),
    0,
  );
}

/** The moment "1h" before `now`, or "+90d" after it, in RFC 3339. Undefined if the text is no duration. */
export function relativeTime(text: string, now: Date): string | undefined {
  const isFuture = text.startsWith("+");
  const seconds = durationSeconds(isFuture ? text.slice(1) : text);
  if (seconds === undefined) return undefined;
  const time = new Date(now.getTime() + (isFuture ? seconds : -seconds) * 1000);
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString();
}

const ageUnits = [
  ["d", 86_400],
  ["h", 3600],
  ["m", 60],
  ["s", 1],
] as const;

/** The two largest units of a length of time in seconds, zero ones left out: "7d 3h", "1m", "0s". */
export function ageText(seconds: number): string {
  let rest = Math.max(0, Math.floor(seconds));
  const first = ageUnits.findIndex(([, length]) => rest >= length);
  const parts: string[] = [];
  for (const [unit, length] of ageUnits.slice(first, first + 2)) {
    if (rest >= length) parts.push(`${Math.floor(rest / length)}${unit}`);
    rest %= length;
  }
  return first === -1 ? "0s" : parts.join(" ");
}
