// Waiting for something that others wait for too, for no longer than one's own call lasts.
import { UndecidableError } from "../authenticator.ts";

/** `shared`, or an UndecidableError as soon as `signal` is aborted. */
export async function orEnded<T>(shared: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const end = () => reject(new UndecidableError("call_ended"));
  if (signal.aborted) end();
  signal.addEventListener("abort", end, { once: true });
  try {
    return await Promise.race([shared, promise]);
  } finally {
    signal.removeEventListener("abort", end);
  }
}
