// The refusal of a message for its size, in the words of Connect.
import { Code, ConnectError } from "@connectrpc/connect";

/** Throws resource_exhausted if `bytes` exceeds `limit`. `whole`: it is the size of the whole message. */
export function assertSize(bytes: number, limit: number, whole: boolean): void {
  if (bytes <= limit) return;
  const size = whole ? `message size ${bytes}` : "message size";
  throw new ConnectError(
    `${size} is larger than configured readMaxBytes ${limit}`,
    Code.ResourceExhausted,
  );
}
