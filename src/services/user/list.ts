// Lists identities: those of the store and those of the settings together.
import { durationMs } from "@bufbuild/protobuf/wkt";
import type { Identity, UserServiceListRequest } from "../../../gen/metal/v1/user_pb.ts";
import { pageOf } from "../../domain/page.ts";
import type { Snapshot } from "../../store/store.ts";
import type { UsageSource } from "../access/usage.ts";
import {
  addLastUse,
  configuredIdentity,
  isIdleSince,
  principalIdOf,
  storedIdentity,
} from "./answer.ts";
import type { ConfiguredUser } from "./draft.ts";

/** Where identities come from. */
export interface IdentitySources {
  readonly read: Pick<Snapshot, "user">;
  readonly usage: UsageSource;
  readonly configured: readonly ConfiguredUser[];
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** The page of identities that is asked for. */
export async function identityPage(sources: IdentitySources, request: UserServiceListRequest) {
  const { component, owner, idle } = request;
  const idleMs = idle && durationMs(idle);
  const isMeant = (identity: Identity) =>
    [identity.component, ""].includes(component) && [identity.owner, ""].includes(owner);
  const configured = sources.configured.map(configuredIdentity).filter(isMeant);
  const { items, nextPageToken } = await pageOf(request, {
    filter: [component, owner, idleMs],
    key: ({ principal }: Identity) => principal,
    fetch: async (after, limit) => {
      const stored = await storedAfter(sources, { component, owner, after, limit });
      const others = configured.filter(({ principal }) => principal > after);
      return [...stored, ...others].sort(byPrincipal).slice(0, limit);
    },
  });
  await sources.usage.flush();
  const all = await Promise.all(items.map((one) => addLastUse(one, sources.usage.read)));
  const since = sources.now() - (idleMs ?? 0);
  const identities = all.filter((one) => idleMs === undefined || isIdleSince(one, since));
  return { identities, nextPageToken };
}

const byPrincipal = (a: Identity, b: Identity) => (a.principal < b.principal ? -1 : 1);

interface Position {
  readonly component: string;
  readonly owner: string;
  readonly after: string;
  readonly limit: number;
}

async function storedAfter({ read, now }: IdentitySources, position: Position) {
  const { component, owner, after, limit } = position;
  const where = {
    ...(component !== "" && { component }),
    ...(owner !== "" && { owner }),
  };
  const prefix = principalIdOf("");
  const name = after.startsWith(prefix) ? after.slice(prefix.length) : "";
  // Everybody who signs comes after everybody with a certificate.
  const found = await read.user.list({ where, after: name, limit });
  const nowMs = now();
  return found.map((user) => storedIdentity(user, nowMs));
}
