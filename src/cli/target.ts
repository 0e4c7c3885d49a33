// Which server to call, and as whom: flags before environment before context before the file of a fresh server.
import type { Io } from "./io.ts";
import { type Found, type Offer, offersOf, type TargetFlags } from "./offer.ts";
import { Role } from "./rule.ts";
import { checkedUrl, isLoopback, isSameServer } from "./server-url.ts";

/** A server, and who to be there. */
export interface Target {
  readonly apiUrl: string;
  /** Where the URL was found. */
  readonly apiUrlFrom: string;
  /** What to call an RPC of that minimum role with; undefined to call it without credentials. */
  readonly credentialFor: (needed: Role) => Found | undefined;
}

const fallback: Offer = { from: "default", apiUrl: "http://127.0.0.1:8080" };

/** Finds the server and the credential. Throws UsageError if what was said does not fit together. */
export async function findTarget(flags: TargetFlags, io: Io): Promise<Target> {
  const { withUrl = fallback, withCredential } = await firstOffers(flags, io);
  const apiUrl = checkedUrl(withUrl.apiUrl ?? "", withUrl.from);
  const isUsable = withCredential !== undefined && mayGoTo(withCredential, apiUrl, io);
  const credentialFor = (isUsable && withCredential.credential) || (() => undefined);
  warnOfClearText(credentialFor(Role.VIEWER), apiUrl, io);
  return { apiUrl, apiUrlFrom: withUrl.from, credentialFor };
}

interface Choice {
  readonly withUrl?: Offer | undefined;
  readonly withCredential?: Offer | undefined;
}

/** The first offer of each; a place is not even looked at if those before it have both. */
async function firstOffers(flags: TargetFlags, io: Io): Promise<Choice> {
  let choice: Choice = {};
  for (const place of offersOf(flags, io)) {
    const offer = await place();
    choice = {
      withUrl: choice.withUrl ?? (offer?.apiUrl === undefined ? undefined : offer),
      withCredential: choice.withCredential ?? (offer?.credential ? offer : undefined),
    };
    if (choice.withUrl && choice.withCredential) return choice;
  }
  return choice;
}

/** A secret that belongs to one server is not sent to another one because a URL was mistyped. */
function mayGoTo({ home, from }: Offer, apiUrl: string, io: Io): boolean {
  if (home === undefined || isSameServer(checkedUrl(home, from), apiUrl)) return true;
  io.stderr(`note: the credential of ${from} is for ${home} and is not sent to ${apiUrl}\n`);
  return false;
}

function warnOfClearText(found: Found | undefined, apiUrl: string, io: Io): void {
  const { protocol, hostname } = new URL(apiUrl);
  if (found?.credential.kind !== "token" || protocol === "https:" || isLoopback(hostname)) return;
  io.stderr(`warning: the token travels in clear text to ${apiUrl}\n`);
}
