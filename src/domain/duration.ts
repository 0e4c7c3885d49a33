// Spans of time as people say them.

const units = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["min", 60_000],
  ["s", 1000],
] as const;

/** "2 d 3 h", "5 min", "0 s": the greatest unit of a span in milliseconds, and the next one if there is any of it. */
export function durationText(spanMs: number): string {
  const first = units.findIndex(([, unitMs]) => spanMs >= unitMs);
  if (first === -1) return "0 s";
  const parts = units.slice(first, first + 2).map(([name, unitMs], at) => {
    const whole = at === 0 ? spanMs : spanMs % (units[first]?.[1] ?? 1);
    return [Math.floor(whole / unitMs), name] as const;
  });
  return parts
    .filter(([amount]) => amount > 0)
    .map(([amount, name]) => `${amount} ${name}`)
    .join(" ");
}
