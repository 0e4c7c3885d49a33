// Which host a request says it is for. The Connect adapter builds a URL from it and throws on what is not one.
import type { HttpRequest, StreamHead } from "./listener.ts";

/** host [":" port] of RFC 3986, section 3.2, without user information; the host is a name or an address. */
const syntax = /^(?:\[[0-9a-f:.]+\]|[\w.~!$&'()*+,;=%-]+)(?::\d{0,5})?$/i;

/**
 * True if the request names exactly one well-formed host, as RFC 9112, section 3.2 and RFC 9113, section 8.3.1 demand.
 * Whether it is a host of ours is not asked: proxies and port forwards rename it.
 */
export function hasAuthority(request: HttpRequest | StreamHead): boolean {
  const authority = "authority" in request ? request.authority : request.headers.host;
  return authority !== undefined && isKnown(authority) && hostLines(request) <= 1;
}

/** The last one that was well-formed: most requests are for the same one. */
let last = "";

function isKnown(authority: string): boolean {
  if (authority === last) return true;
  if (!isAuthority(authority)) return false;
  last = authority;
  return true;
}

/** True for "example.org", "10.0.0.1:8080" and "[::1]:8080". */
export function isAuthority(text: string): boolean {
  return syntax.test(text) && URL.canParse(`http://${text}`);
}

function hostLines({ rawHeaders }: Pick<StreamHead, "rawHeaders">): number {
  let lines = 0;
  for (let at = 0; at < rawHeaders.length; at += 2)
    if (rawHeaders[at]?.length === 4 && rawHeaders[at]?.toLowerCase() === "host") lines += 1;
  return lines;
}
