// Seals anew what was sealed with a key of before, or written before there was one, so that a key can be replaced while
// the servers work.
import { create } from "@bufbuild/protobuf";
import { SecretMarkSchema } from "../../gen/metal/store/v1/secret_pb.ts";
import type { User } from "../../gen/metal/store/v1/user_pb.ts";
import { every } from "../domain/every.ts";
import { SetupError } from "../domain/problem.ts";
import type { Sealer } from "../secrets/sealer.ts";
import type { Store, Transaction } from "../store/store.ts";
import { openKey, sealKey } from "./user/key.ts";

/** The id of the only mark. */
const markId = "secrets-key";

/**
 * Throws SetupError unless `sealer` opens what the store's secrets are sealed with. Who comes first says what that is.
 */
export async function claimSecrets(
  store: Pick<Store, "read" | "transaction">,
  sealer: Sealer | undefined,
): Promise<void> {
  const mark = await store.read.secretMark.get(markId);
  if (mark === undefined) return sealer && store.transaction((tx) => leaveMark(tx, sealer));
  if (sealer?.keyIds.includes(mark.keyId)) return;
  const reason =
    sealer === undefined ? "is missing" : "is not the one that the store was sealed with";
  const remedy =
    "set the key that this store was sealed with (data/secrets.key if none was set), as secrets-key-previous if it is to be replaced";
  throw new SetupError([{ setting: "secrets-key", reason, remedy }]);
}

/**
 * Seals everything with the key of today, and returns how much was not. Ends when `stopping` is aborted; the key of
 * before is needed until all is done.
 */
export async function reseal(
  store: Pick<Store, "read" | "transaction" | "staleSecrets">,
  sealer: Sealer,
  stopping?: AbortSignal,
): Promise<number> {
  let count = 0;
  for await (const { kind, id } of store.staleSecrets?.() ?? []) {
    if (stopping?.aborted) return count;
    // To the types every kind is a secret of a machine here: what is done is the same for each.
    await store.transaction((tx) => resealEntity(tx[kind as "machineSecret"], id));
    count += 1;
  }
  for await (const user of every(store.read.user, "user")) {
    if (stopping?.aborted) return count;
    if (!isStale(user, sealer)) continue;
    await store.transaction((tx) => resealUser(tx, user.id, sealer));
    count += 1;
  }
  await store.transaction((tx) => leaveMark(tx, sealer));
  return count;
}

async function resealEntity(writer: Transaction["machineSecret"], id: string): Promise<void> {
  const entity = await writer.get(id);
  if (entity !== undefined) await writer.update(entity);
}

const isStale = ({ keys }: User, sealer: Sealer) =>
  keys.some(({ sealed }) => !sealer.isCurrent(sealed));

async function resealUser({ user: users }: Transaction, id: string, sealer: Sealer) {
  const user = await users.get(id);
  if (user === undefined) return;
  const keys = user.keys.map((key) => ({
    ...key,
    sealed: sealKey(id, { id: key.id, secret: openKey(id, key, sealer) }, sealer),
  }));
  await users.update({ ...user, keys });
}

async function leaveMark({ secretMark }: Transaction, { keyIds }: Sealer): Promise<void> {
  const [keyId = ""] = keyIds;
  const mark = await secretMark.get(markId);
  if (mark === undefined)
    return void (await secretMark.insert(create(SecretMarkSchema, { id: markId, keyId })));
  if (mark.keyId !== keyId) await secretMark.update({ ...mark, keyId });
}
