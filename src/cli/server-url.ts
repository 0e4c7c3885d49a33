// URLs of servers: whether they are any, and whether two mean the same server.
import { UsageError } from "./errors.ts";

/** The URL without trailing slashes. Throws UsageError, which says where it came from, if it is not http or https. */
export function checkedUrl(url: string, from: string): string {
  const protocol = URL.canParse(url) ? new URL(url).protocol : "";
  if (protocol === "http:" || protocol === "https:") return url.replace(/\/+$/, "");
  throw new UsageError(`${from}: "${url}" is not an http or https URL`);
}

/** True if a secret for the server `home` may go to `actual`: the same host, and not in clear text instead of TLS. */
export function isSameServer(home: string, actual: string): boolean {
  const [from, to] = [new URL(home), new URL(actual)];
  const isWeaker = from.protocol === "https:" && to.protocol === "http:";
  return !isWeaker && hostOf(from) === hostOf(to);
}

/** True for names and addresses of this machine itself. */
export function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d+){3}$/.test(hostname);
}

function hostOf({ hostname }: URL): string {
  return isLoopback(hostname) ? "loopback" : hostname;
}
