import { expect, test } from "@jest/globals";
import { acceptanceOf, readAcknowledgements } from "../../../src/rbac/policy/acknowledgement.ts";
import type { Change } from "../../../src/rbac/policy/change.ts";

const change: Change = {
  kind: "widened",
  procedure: "x.Y/Z",
  fact: "role",
  before: "Admin",
  after: "Editor",
};
const { kind: _, ...facts } = change;
const entry = { ...facts, reason: "Editors own these things.", by: "ada" };
const exception = { procedure: "x.Y/Z", check: "open stream", reason: entry.reason, by: "ada" };

test("a change is accepted by an entry with exactly its facts", () => {
  const accepted = readAcknowledgements({ changes: [entry] }, "file");
  expect(acceptanceOf(accepted, change)).toEqual(entry);
  for (const fact of ["procedure", "fact", "before", "after"])
    expect(acceptanceOf(accepted, { ...change, [fact]: "Viewer" })).toBeUndefined();
});

test("an empty file accepts nothing", () => {
  for (const empty of [null, undefined, {}, { changes: null, exceptions: [] }])
    expect(readAcknowledgements(empty, "file")).toEqual({ changes: [], exceptions: [] });
});

test.each([
  [[], "file: must be a mapping"],
  ["text", "file: must be a mapping"],
  [{ change: [] }, 'file: unknown key "change"'],
  [{ changes: {} }, "file: changes: must be a list"],
  [{ changes: ["text"] }, "file: changes[0]: must be a mapping"],
  [{ changes: [{ ...entry, by: " " }] }, "file: changes[0].by: must be a text"],
  [{ changes: [{ ...entry, after: undefined }] }, "file: changes[0].after: must be a text"],
  [{ changes: [{ ...entry, until: "May" }] }, 'file: changes[0]: unknown key "until"'],
  [
    { exceptions: [exception, { ...exception, reason: "because" }] },
    "file: exceptions[1].reason: must say why in at least 10 characters",
  ],
])("%j is refused: %s", (value, message) => {
  expect(() => readAcknowledgements(value, "file")).toThrow(message);
});
