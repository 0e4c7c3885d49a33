// The contract of the seals of the audit.
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { expect, test } from "@jest/globals";
import { type AuditRecord, type AuditSeal, AuditSealSchema } from "../../gen/metal/v1/audit_pb.ts";
import type { Opened } from "./contract.ts";
import { appendAudit, audit } from "./sample.ts";

const start = Date.parse("2026-01-15T10:00:00Z");

const records = Array.from({ length: 5 }, (_, n) => audit(start + n, { principal: `p${n}` }));
const [first = audit(0), second = audit(0), third = audit(0)] = records;

type Values = Omit<MessageInitShape<typeof AuditSealSchema>, "$typeName" | "$unknown">;

const seal = (number: number, of: readonly AuditRecord[], values: Values = {}) =>
  create(AuditSealSchema, {
    number: BigInt(number),
    hash: `hash of ${number}`,
    count: of.length,
    leaves: of.map(({ traceId }) => ({ traceId, hash: `hash of ${traceId}` })),
    ...values,
  });
const bare = (full: AuditSeal) => create(AuditSealSchema, { ...full, leaves: [] });

export function sealContract(opened: () => Opened): void {
  const append = (...seals: readonly AuditSeal[]) =>
    opened().store.transaction(async (tx) => {
      for (const each of seals) await tx.seals.append(each);
    });
  aboutSealing(opened, append);
  aboutForgetting(opened, append);
}

type Append = (...seals: readonly AuditSeal[]) => Promise<void>;

function aboutSealing(opened: () => Opened, append: Append): void {
  test("a record waits for a seal from its append on, in the order of trace ids", async () => {
    const { store } = opened();
    expect(await store.read.seals.backlog()).toEqual({ count: 0 });
    await appendAudit(store, [third, first]);
    await appendAudit(store, [second]);
    expect(await store.read.seals.unsealed(9)).toEqual([first, second, third]);
    expect(await store.read.seals.unsealed(2)).toEqual([first, second]);
    expect(await store.read.seals.backlog()).toEqual({ count: 3, oldestMs: start });
  });

  test("a record of a transaction that fails waits for nothing", async () => {
    const { store } = opened();
    const failing = store.transaction(async (tx) => {
      await tx.audit.append([first]);
      throw new Error("no");
    });
    await expect(failing).rejects.toThrow("no");
    expect(await store.read.seals.unsealed(9)).toEqual([]);
  });

  test("a seal takes its records, whenever they were committed, and is read as it was appended", async () => {
    const { store } = opened();
    await appendAudit(store, [first, third]);
    await append(seal(1, [first, third]));
    await appendAudit(store, [second]);
    expect(await store.read.seals.unsealed(9)).toEqual([second]);
    await append(seal(2, [second]), seal(3, []));
    expect(await store.read.seals.backlog()).toEqual({ count: 0 });
    expect(await store.read.seals.head()).toEqual(bare(seal(3, [])));
    const all = await store.read.seals.list({ after: 0, limit: 9 });
    expect(all).toEqual([seal(1, [first, third]), seal(2, [second]), seal(3, [])]);
    expect(await store.read.seals.list({ after: 1, limit: 1 })).toEqual([seal(2, [second])]);
    expect(await store.read.seals.records(seal(1, [first, third]))).toEqual([first, third]);
    expect(await store.read.seals.records(seal(1, [third, first]))).toEqual([third, first]);
    expect(await store.read.seals.records(seal(3, []))).toEqual([]);
  });

  test("before the first seal there is none", async () => {
    const { seals } = opened().store.read;
    expect(await seals.head()).toBeUndefined();
    expect(await seals.list({ after: 0, limit: 9 })).toEqual([]);
  });

  test.each([0, 2])("seal %i is no first one", async (number) => {
    await expect(append(seal(number, []))).rejects.toMatchObject({
      rawMessage: `seal ${number} does not follow seal 0`,
    });
    expect(await opened().store.read.seals.head()).toBeUndefined();
  });

  test("of two who append the same number one is refused, and no record is lost", async () => {
    const { store } = opened();
    await appendAudit(store, [first, second]);
    const both = await Promise.allSettled([append(seal(1, [first])), append(seal(1, [second]))]);
    expect(both.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    expect(await store.read.seals.unsealed(9)).toHaveLength(1);
  });

  test("a record is in one seal only, and a record that there is not in none", async () => {
    const { store } = opened();
    await appendAudit(store, [first, second]);
    await append(seal(1, [first]));
    for (const wrong of [
      [first, second],
      [second, third],
    ])
      await expect(append(seal(2, wrong))).rejects.toThrow("do not wait");
    expect(await store.read.seals.unsealed(9)).toEqual([second]);
    expect(await store.read.seals.head()).toMatchObject({ number: 1n });
  });

  test("so many records as fit into a seal are sealed at once", async () => {
    const { store } = opened();
    const many = Array.from({ length: 300 }, (_, n) => audit(start + n));
    await appendAudit(store, many);
    await append(seal(1, many));
    expect(await store.read.seals.records(seal(1, many))).toEqual(many);
    expect(await store.read.seals.backlog()).toEqual({ count: 0 });
  });
}

function aboutForgetting(opened: () => Opened, append: Append): void {
  const forget = (which: AuditSeal) => opened().store.transaction((tx) => tx.seals.forget(which));
  const removal = (number: number, forgotten: number, ms: number) =>
    seal(number, [], { forgotten: BigInt(forgotten), horizon: timestampFromMs(ms) });

  test("records and leaves are removed when the newest seal says so; the seal stays", async () => {
    const { store } = opened();
    await appendAudit(store, [first, second, third]);
    await append(seal(1, [first, second]), seal(2, [third]), removal(3, 1, start + 2));
    await forget(seal(1, [first, second]));
    expect(await store.read.audit.list({ where: {}, limit: 9 })).toEqual([third]);
    const all = await store.read.seals.list({ after: 0, limit: 2 });
    expect(all).toEqual([bare(seal(1, [first, second])), seal(2, [third])]);
    await forget(seal(1, []));
  });

  const refused: readonly (readonly [what: string, newest: AuditSeal | undefined])[] = [
    ["when no seal says so", undefined],
    ["when only its records are", removal(2, 0, start + 9)],
    ["when only its leaves are", removal(2, 1, start)],
  ];
  test.each(refused)("a seal that is not forgotten is kept, %s", async (_, newest) => {
    const { store } = opened();
    await appendAudit(store, [first]);
    await append(seal(1, [first]));
    if (newest) await append(newest);
    await expect(forget(seal(1, [first]))).rejects.toThrow("append only");
    expect(await store.read.audit.list({ where: {}, limit: 9 })).toEqual([first]);
    expect(await store.read.seals.list({ after: 0, limit: 1 })).toEqual([seal(1, [first])]);
  });
}
