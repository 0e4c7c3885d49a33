import { create } from "@bufbuild/protobuf";
import { expect, test } from "@jest/globals";
import { FirmwareServiceUploadRequestSchema } from "../../../gen/metal/v1/firmware_pb.ts";
import { readUpload } from "../../../src/services/firmware/upload.ts";
import { failure } from "../../world/failure.ts";

const value = { size: 8n, sha256: "0".repeat(64) };
const header = create(FirmwareServiceUploadRequestSchema, { part: { case: "header", value } });
const silence = new Promise<never>(() => {});

async function* silentAfterHeader() {
  yield header;
  await silence;
}

async function* silentFromTheStart() {
  await silence;
  yield header;
}

const rules = (signal = new AbortController().signal) => ({ limit: 100, signal, silenceMs: 20 });

test("a sender that says nothing is given up, before its header and after it", async () => {
  const text = "DeadlineExceeded: nothing came for 20 ms";
  expect(await failure(readUpload(silentFromTheStart(), rules()))).toBe(text);
  const { chunks } = await readUpload(silentAfterHeader(), rules());
  expect(await failure(Array.fromAsync(chunks))).toBe(text);
});

test("waiting for a sender ends with the call", async () => {
  const abort = new AbortController();
  const { chunks } = await readUpload(silentAfterHeader(), {
    ...rules(abort.signal),
    silenceMs: 60_000,
  });
  const reading = failure(Array.fromAsync(chunks));
  abort.abort(new Error("the call has ended"));
  expect(await reading).toContain("the call has ended");
});
