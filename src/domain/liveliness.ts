// Whether a machine is alive, judged by when it was last heard of.

/** What is known of a machine's life. `Unknown` of a machine in use means: dead, or its user stopped it reporting. */
export const livelinesses = ["Alive", "Dead", "Unknown"] as const;
export type Liveliness = (typeof livelinesses)[number];

/** A machine reports every minute; after so long without a word it is not taken for alive any more. */
export const silenceMs = 5 * 60 * 1000;

/** When the machine was last heard of, in milliseconds since 1970, and what was concluded last. */
export interface LastContact {
  readonly lastEventTime?: number;
  readonly liveliness?: Liveliness;
}

/** What is to be concluded at `nowMs`. Without any contact nothing changes. */
export function livelinessAt(
  { lastEventTime, liveliness }: LastContact,
  { nowMs, allocated }: { readonly nowMs: number; readonly allocated: boolean },
): Liveliness | undefined {
  if (lastEventTime === undefined) return liveliness;
  if (nowMs - lastEventTime <= silenceMs) return "Alive";
  return allocated ? "Unknown" : "Dead";
}
