import { createContextValues } from "@connectrpc/connect";
import { expect, test } from "@jest/globals";
import { observing } from "../../src/interceptors/observe.ts";
import { type Call, callKey } from "../../src/rbac/call.ts";

const call: Call = {
  traceId: "t",
  startedAt: new Date(),
  protocol: "connect",
  procedure: "/a.B/C",
  rule: undefined,
  principal: undefined,
  decision: { allowed: true },
  detail: "",
  messageChecks: [],
};

test.each([
  ["that could not be read", {}, "invalid_argument"],
  ["that asked for the decision alone", { dryRun: true }, "failed_precondition"],
])("an allowed call %s is counted when it is answered, and once", (_, more, code) => {
  const codes: string[] = [];
  const observe = observing({ begun: () => {}, ended: (ended) => void codes.push(ended.code) });
  const values = createContextValues().set(callKey, { ...call, ...more });
  observe.answered(values);
  observe.answered(values);
  expect(codes).toEqual([code]);
});
