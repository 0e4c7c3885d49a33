// UserService: proto/metal/v1/user.proto made real.
import { type Duration, durationMs, type Timestamp, timestampMs } from "@bufbuild/protobuf/wkt";
import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import type { User } from "../../gen/metal/store/v1/user_pb.ts";
import type { UserService } from "../../gen/metal/v1/user_pb.ts";
import { invalid, notFound, precondition } from "../domain/errors.ts";
import type { Sealer } from "../secrets/sealer.ts";
import { callOf } from "../rbac/call.ts";
import { demandProcedures, demandRole } from "../rbac/demand.ts";
import type { RuleTable } from "../rbac/rule.ts";
import type { Snapshot } from "../store/store.ts";
import type { UsageSource } from "./access/usage.ts";
import type { TimedDeps } from "./deps.ts";
import { addLastUse, storedIdentity } from "./user/answer.ts";
import { assertUnique, type ConfiguredUser, draftOf } from "./user/draft.ts";
import { endedBy, endOf, liveKeys, newKey } from "./user/key.ts";
import { proceduresOf } from "./user/limit.ts";
import { identityPage } from "./user/list.ts";

/** What the service is made from. */
export interface UserParts extends TimedDeps {
  readonly rules: RuleTable;
  readonly usage: UsageSource;
  /** Those whom the settings name. */
  readonly configured: readonly ConfiguredUser[];
  /** Seals keys; without one, none are made. */
  readonly sealer: Sealer | undefined;
  /** Makes what was committed count on this server. */
  readonly refresh: () => Promise<void>;
}

/** How long a key is good after there is another one, in milliseconds, if nobody says. */
const defaultGraceMs = 24 * 60 * 60 * 1000;
const mostKeys = 2;

export function userService(parts: UserParts) {
  const { change, read, now, configured, rules, refresh } = parts;
  return {
    getMe(_, { values }) {
      const { name, email, groups, tenant, issuer, subject } = callOf(values).principal ?? {};
      return { user: { name, email, groups: [...(groups ?? [])], tenant, issuer, subject } };
    },
    async create(request, context) {
      const draft = draftOf(request, rules);
      await demandNoLess(context, draft);
      const key = made(parts, draft.id, request.notAfter);
      const user = await change(context, async (tx) => {
        await assertUnique(tx, draft, configured);
        return tx.user.insert({ ...draft, keys: [key.entry] });
      });
      await refresh();
      return { identity: storedIdentity(user, now()), keyId: key.entry.id, key: key.secret };
    },
    list(request) {
      return identityPage(parts, request);
    },
    async rotate({ name, grace, notAfter }, context) {
      await demandNoLess(context, await storedUser(read, name, configured));
      const key = made(parts, name, notAfter);
      const user = await change(context, async (tx) => {
        const before = await storedUser(tx, name, configured);
        const kept = keysAfter(before, now(), graceMsOf(grace));
        return tx.user.update({ ...before, keys: [...kept, key.entry] });
      });
      await refresh();
      return { identity: storedIdentity(user, now()), keyId: key.entry.id, key: key.secret };
    },
    async revoke({ name, keyId }, context) {
      const user = await change(context, async (tx) => {
        const before = await storedUser(tx, name, configured);
        const kept = keyId === "" ? [] : before.keys.filter(({ id }) => id !== keyId);
        if (keyId !== "" && kept.length === before.keys.length)
          throw notFound(`no key "${keyId}" of user "${name}"`);
        return tx.user.update({ ...before, keys: kept });
      });
      await refresh();
      return { identity: await addLastUse(storedIdentity(user, now()), parts.usage.read) };
    },
  } satisfies ServiceImpl<typeof UserService>;
}

/** Nobody hands out what they do not hold, nor takes the key of somebody who may do more. */
async function demandNoLess({ values }: HandlerContext, user: User): Promise<void> {
  await demandRole(values, user.role);
  await demandProcedures(values, proceduresOf(user));
}

function made({ sealer, now }: UserParts, name: string, notAfter: Timestamp | undefined) {
  const nowMs = now();
  if (notAfter && timestampMs(notAfter) <= nowMs) throw invalid("not_after: is over already");
  if (sealer) return newKey(name, { sealer, nowMs, notAfter });
  throw precondition(
    "this server keeps no keys: its setting secrets-key or secrets-key-file is missing",
  );
}

async function storedUser(
  { user: users }: Pick<Snapshot, "user">,
  name: string,
  configured: readonly ConfiguredUser[],
): Promise<User> {
  const user = await users.get(name);
  if (user) return user;
  if (configured.some((one) => one.name === name))
    throw precondition(`user "${name}" stands in the settings, and is changed there`);
  throw notFound(`no user "${name}"`);
}

const graceMsOf = (grace: Duration | undefined) => (grace ? durationMs(grace) : defaultGraceMs);

/** What is left of the keys of until now: they end after `graceMs`. */
function keysAfter(user: User, nowMs: number, graceMs: number): User["keys"] {
  const live = liveKeys(user, nowMs);
  const kept = live.map((key) => endedBy(key, nowMs + graceMs)).filter((key) => endOf(key) > nowMs);
  if (kept.length < mostKeys) return kept;
  const ids = kept.map(({ id }) => `"${id}"`).join(" and ");
  throw precondition(`user "${user.id}" has the keys ${ids}; revoke one, or give no grace`);
}
