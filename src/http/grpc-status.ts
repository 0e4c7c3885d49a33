// Keeps the status of gRPC small, because it stands in the trailers: a peer ends a whole connection for headers that it
// finds too large, and with it the calls of everybody who shares that connection through a proxy.

/** In bytes, as they are sent. Node's client takes 64 KiB in all, others less. */
const limits = { message: 4096, details: 8192 } as const;
/** What is left of a message that is too long, in characters. */
const keptCharacters = 1000;

/** Shortens a message that quotes more of a request than anybody would read, and leaves out details that do. */
export function shortenStatus(trailer: Headers): void {
  const message = trailer.get("grpc-message") ?? "";
  if (message.length > limits.message) trailer.set("grpc-message", shortened(message));
  const details = trailer.get("grpc-status-details-bin") ?? "";
  if (details.length > limits.details) trailer.delete("grpc-status-details-bin");
}

/** Percent-encoded as before. */
function shortened(message: string): string {
  const kept = decodeURIComponent(message).slice(0, keptCharacters).toWellFormed();
  return encodeURIComponent(`${kept}…`);
}
