import { create } from "@bufbuild/protobuf";
import { timestampNow } from "@bufbuild/protobuf/wkt";
import { expect, test } from "@jest/globals";
import { AuditRecordSchema } from "../../gen/metal/v1/audit_pb.ts";
import { createRecorder } from "../../src/audit/recorder.ts";
import { newTraceId } from "../../src/rbac/trace-id.ts";
import { openTestStore } from "../world/store.ts";

const record = () =>
  create(AuditRecordSchema, { traceId: newTraceId(), time: timestampNow(), code: "ok" });

test("records that arrive together are written together, and each is there when its call goes on", async () => {
  const store = await openTestStore();
  let transactions = 0;
  const recorder = createRecorder({
    transaction: (work) => {
      transactions++;
      return store.transaction(work);
    },
  });
  const records = Array.from({ length: 200 }, record);
  await Promise.all(records.map((each) => recorder.append(each)));
  expect(await store.read.audit.list({ where: {}, limit: 1000 })).toHaveLength(200);
  expect(transactions).toBeLessThan(10);
  await store.close();
});

test("records that cannot be written are reported to every call that waits, and the next ones are tried", async () => {
  const store = await openTestStore();
  let fail = true;
  const recorder = createRecorder({
    transaction: (work) =>
      fail ? Promise.reject(new Error("disk full")) : store.transaction(work),
  });
  const outcomes = await Promise.allSettled([record(), record()].map((r) => recorder.append(r)));
  expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  fail = false;
  await recorder.append(record());
  expect(await store.read.audit.list({ where: {}, limit: 10 })).toHaveLength(1);
  await store.close();
});
