// Verbs that no small server needs to stand for: requests from files, and streams of answers.
import { create, type Message } from "@bufbuild/protobuf";
import { expect, test } from "@jest/globals";
import {
  MachineSchema,
  MachineService,
  MachineServiceAllocateRequestSchema,
  MachineServiceAllocateResponseSchema,
  MachineServiceWatchResponseSchema,
} from "../../gen/metal/v1/machine_pb.ts";
import type { Api, Call } from "../../src/cli/api.ts";
import { UsageError } from "../../src/cli/errors.ts";
import { flagsOf } from "../../src/cli/flags.ts";
import type { Invocation } from "../../src/cli/invocation.ts";
import type { Io } from "../../src/cli/io.ts";
import type { Session } from "../../src/cli/session.ts";
import type { Format } from "../../src/cli/style.ts";
import { runVerb } from "../../src/cli/verb.ts";

const now = new Date("2026-01-15T10:00:00Z");
const nothing: Invocation = {
  words: [],
  flags: [],
  files: [],
  dryRun: false,
  yes: false,
  limit: undefined,
};

/** A session whose server gives these answers, and what it was asked and printed. */
function sessionWith(answers: readonly Message[], stdin = "", format?: Format) {
  const seen = { calls: [] as Call[], out: "" };
  const left = [...answers];
  const api: Api = {
    target: () => Promise.reject(new Error("not needed")),
    unary: async (call) => {
      seen.calls.push(call);
      return left.shift() ?? Promise.reject(new Error("asked too often"));
    },
    async *stream(call) {
      seen.calls.push(call);
      yield* answers;
    },
    upload: () => Promise.reject(new Error("not needed")),
  };
  const io: Io = {
    stdout: (text) => void (seen.out += text),
    stderr: () => {},
    env: {},
    cwd: "/",
    now: () => now,
    interactive: false,
    readStdin: async () => stdin,
    ask: async () => "",
    edit: async () => {},
  };
  const style: Session["style"] = (usual) => ({
    format: format ?? usual,
    headers: true,
    sortBy: "",
    now,
  });
  return { session: { io, api, style } satisfies Session, seen };
}

const machine = (id: string) =>
  create(MachineServiceAllocateResponseSchema, { machine: create(MachineSchema, { id }) });

test("a request of its own form is taken from files, one call for each document", async () => {
  const stdin = "project_id: p\nssh_public_keys: [k]\n---\nproject_id: q\n";
  const { session, seen } = sessionWith([machine("m1"), machine("m2")], stdin);
  const verb = { method: MachineService.method.allocate, resource: undefined };
  await runVerb(verb, { ...nothing, files: ["-"] }, session);
  expect(seen.out).toBe("machine/m1 allocated\nmachine/m2 allocated\n");
  expect(seen.calls.map(({ request }) => request)).toMatchObject([
    create(MachineServiceAllocateRequestSchema, { projectId: "p", sshPublicKeys: ["k"] }),
    create(MachineServiceAllocateRequestSchema, { projectId: "q" }),
  ]);
});

test("files and flags exclude each other there too", async () => {
  const { session, seen } = sessionWith([], "project_id: p\n");
  const method = MachineService.method.allocate;
  const [flag] = flagsOf(method);
  const flags = flag ? ([[flag, ["x"]]] as const) : [];
  const run = runVerb(
    { method, resource: undefined },
    { ...nothing, files: ["-"], flags },
    session,
  );
  await expect(run).rejects.toThrow(UsageError);
  expect(seen.calls).toEqual([]);
});

test.each<[Format, string]>([
  ["yaml", "---\nmachine:\n  id: m1\n---\nmachine:\n  id: m2\n"],
  [
    "json",
    '{\n  "machine": {\n    "id": "m1"\n  }\n}\n{\n  "machine": {\n    "id": "m2"\n  }\n}\n',
  ],
])("a stream is printed as it comes: %s", async (format, expected) => {
  const answers = ["m1", "m2"].map((id) =>
    create(MachineServiceWatchResponseSchema, { machine: create(MachineSchema, { id }) }),
  );
  const { session, seen } = sessionWith(answers, "", format);
  await runVerb({ method: MachineService.method.watch, resource: undefined }, nothing, session);
  expect(seen.out).toBe(expected);
});
