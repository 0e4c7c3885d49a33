// UserService against a server: identities are made, used, exchanged, ended, and never shown.
import { create, type DescService } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { type Client, Code, ConnectError } from "@connectrpc/connect";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { ErrorInfoSchema } from "../../gen/google/rpc/error_details_pb.ts";
import { Role } from "../../gen/metal/rbac/v1/rbac_pb.ts";
import { AccessService } from "../../gen/metal/v1/access_pb.ts";
import { AuditService } from "../../gen/metal/v1/audit_pb.ts";
import { BMCCommandService } from "../../gen/metal/v1/bmc_command_pb.ts";
import { PartitionSchema, PartitionService } from "../../gen/metal/v1/partition_pb.ts";
import { SizeService } from "../../gen/metal/v1/size_pb.ts";
import { UserService } from "../../gen/metal/v1/user_pb.ts";
import { HealthService } from "../../gen/metal/v1/health_pb.ts";
import { createSealer } from "../../src/secrets/sealer.ts";
import { startWorld, type World, users } from "../world/server.ts";
import { keyClient } from "../world/key-client.ts";

const reason = "a test needs it";
const secretsKey = "secrets key of tests, 32 bytes or more";

let world: World;
let admin: Client<typeof UserService>;
beforeEach(async () => {
  world = await startWorld({ sealer: createSealer(secretsKey) });
  admin = world.client(UserService, "admin");
});
afterEach(() => world.close());

const clientOf = <S extends DescService>(service: S, login: { type: string; key: string }) =>
  keyClient(world.url, service, login);

/** Why a call was refused, or the code of its error. */
async function why(call: Promise<unknown>): Promise<string> {
  const error = await call.then(
    () => undefined,
    (failure: unknown) => ConnectError.from(failure),
  );
  const [info] = error?.findDetails(ErrorInfoSchema) ?? [];
  return error ? (info?.reason ?? Code[error.code] ?? "") : "answered";
}

test("a default user is told its name, address, groups and tenant", async () => {
  const { user } = await world.client(UserService, "view").getMe({});
  expect(user).toMatchObject({
    name: "Metal-View",
    email: "metal-view@metal-stack.io",
    groups: ["k8s_kaas-view", "maas-all-all-view"],
    tenant: "metal",
  });
});

const owner = "team storage <storage@example.org>";
const viewer = { name: "reader", role: Role.VIEWER, owner, reason };

describe("a new identity", () => {
  test("may call what its role admits, at once", async () => {
    const { key } = await admin.create(viewer);
    const me = await clientOf(AccessService, { type: "reader", key }).whoAmI({});
    expect(me).toMatchObject({ id: "hmac:reader", role: Role.VIEWER });
    const sizes = clientOf(SizeService, { type: "reader", key });
    expect(await why(sizes.list({}))).toBe("answered");
    expect(await why(sizes.delete({ id: "s" }))).toBe("ROLE_TOO_LOW");
  });

  test("of a component gets its role and name, and no RPC but those of the component", async () => {
    const { identity, key } = await admin.create({ component: "metal-bmc", owner, reason });
    expect(identity).toMatchObject({ name: "metal-bmc", type: "metal-bmc", role: Role.EDITOR });
    expect(identity?.limitedTo).toContain("metal.v1.BMCCommandService/ReportCommand");
    const login = { type: "metal-bmc", key };
    const commands = clientOf(BMCCommandService, login);
    expect(await why(commands.reportCommand({ commandId: "c" }))).not.toMatch(/^[A-Z]+_[A-Z_]+$/);
    expect(await why(clientOf(SizeService, login).list({}))).toBe("NOT_GRANTED");
    expect(await why(clientOf(AccessService, login).whoAmI({}))).toBe("answered");
    expect(await why(clientOf(HealthService, login).get({}))).toBe("answered");
  });

  test("that is limited to some RPCs may call those, and asks in vain for others", async () => {
    const limitedTo = ["metal.v1.SizeService/Get"];
    const { key } = await admin.create({ ...viewer, limitedTo });
    const access = clientOf(AccessService, { type: "reader", key });
    const procedures = ["metal.v1.SizeService/Get", "metal.v1.SizeService/List"];
    const { decisions } = await access.check({ procedures });
    expect(decisions.map(({ refusal }) => refusal)).toEqual(["", "NOT_GRANTED"]);
    const { users: may } = await world
      .client(AccessService, "view")
      .whoCan({ procedure: "metal.v1.SizeService/List" });
    expect(may).not.toContain("reader");
  });

  const wrong: readonly (readonly [string, object, string])[] = [
    ["with the name of another", { ...viewer, name: "taken" }, "AlreadyExists"],
    ["with the type of another", { ...viewer, type: "taken" }, "AlreadyExists"],
    ["with a name of the settings", { ...viewer, name: "Nobody" }, "AlreadyExists"],
    ["with a type of the settings", { ...viewer, type: "Nobody" }, "AlreadyExists"],
    ["called as metal-stack's own are", { ...viewer, name: "Metal-Other" }, "InvalidArgument"],
    ["with the type of a token", { ...viewer, type: "Bearer" }, "InvalidArgument"],
    ["with a blank in its type", { ...viewer, type: "a b" }, "InvalidArgument"],
    ["without an owner", { ...viewer, owner: " " }, "InvalidArgument"],
    ["without a role", { name: "x", owner, reason }, "InvalidArgument"],
    ["that anybody is", { ...viewer, role: Role.PUBLIC }, "InvalidArgument"],
    ["of an unknown component", { component: "metal-toaster", owner, reason }, "InvalidArgument"],
    [
      "of a component with more than its role",
      { component: "metal-bmc", role: Role.ADMIN, owner, reason },
      "InvalidArgument",
    ],
    ["limited to an RPC that is none", { ...viewer, limitedTo: ["a/B"] }, "InvalidArgument"],
    ["without a reason", { ...viewer, reason: "" }, "InvalidArgument"],
    ["with a key that is over", { ...viewer, notAfter: timestampFromMs(1) }, "InvalidArgument"],
  ];
  test.each(wrong)("%s is refused", async (_, request, code) => {
    await admin.create({ ...viewer, name: "taken" });
    expect(await why(admin.create(request))).toBe(code);
  });

  test("is for an Admin to make, rotate, revoke and see", async () => {
    const edit = world.client(UserService, "edit");
    const calls = [
      edit.create(viewer),
      edit.rotate({ name: "x", reason }),
      edit.revoke({ name: "x" }),
      edit.list({}),
    ];
    expect(await Promise.all(calls.map(why))).toEqual(calls.map(() => "ROLE_TOO_LOW"));
  });

  test("cannot be made without secrets-key, which the error names", async () => {
    const bare = await startWorld();
    const failed = bare.client(UserService, "admin").create(viewer);
    await expect(failed).rejects.toMatchObject({ code: Code.FailedPrecondition });
    await expect(failed).rejects.toThrow("secrets-key");
    await bare.close();
  });
});

describe("an Admin that is limited to some RPCs", () => {
  const limitedTo = [
    "metal.v1.UserService/Create",
    "metal.v1.UserService/Rotate",
    "metal.v1.SizeService/List",
  ];

  test("makes nobody who may do more, and takes no key of such", async () => {
    await admin.create(viewer);
    const { key } = await admin.create({ ...viewer, name: "boss", role: Role.ADMIN, limitedTo });
    const boss = clientOf(UserService, { type: "boss", key });
    expect(await why(boss.create({ ...viewer, name: "other" }))).toBe("NOT_GRANTED");
    expect(await why(boss.rotate({ name: "reader", reason }))).toBe("NOT_GRANTED");
    const less = { ...viewer, name: "less", limitedTo: ["metal.v1.SizeService/List"] };
    expect(await why(boss.create(less))).toBe("answered");
  });
});

describe("a key", () => {
  test("is shown once: neither lists nor the audit nor the store have it", async () => {
    const made = await admin.create(viewer);
    const rotated = await admin.rotate({ name: "reader", reason });
    const { records } = await world.client(AuditService, "admin").list({});
    const stored = await world.store.read.user.list({ limit: 10 });
    const listed = await admin.list({});
    const texts = [records, stored, listed.identities].map((found) =>
      JSON.stringify(found, (_, value: unknown) => {
        if (value instanceof Uint8Array) return Buffer.from(value).toString("latin1");
        return typeof value === "bigint" ? `${value}` : value;
      }),
    );
    for (const text of texts) {
      expect(text).toContain("reader");
      expect(text).not.toContain(made.key);
      expect(text).not.toContain(rotated.key);
    }
    expect(made.key).toHaveLength(43);
  });

  test("that is exchanged is good for a while beside the new one", async () => {
    const { key: old } = await admin.create(viewer);
    const { key, identity } = await admin.rotate({ name: "reader", reason });
    const [before, after] = identity?.keys ?? [];
    expect(Number(before?.notAfter?.seconds) - Date.now() / 1000).toBeGreaterThan(86_000);
    expect(after?.notAfter).toBeUndefined();
    for (const one of [old, key])
      expect(await why(clientOf(SizeService, { type: "reader", key: one }).list({}))).toBe(
        "answered",
      );
    expect(await why(admin.rotate({ name: "reader", reason }))).toBe("FailedPrecondition");
  });

  test("that is exchanged without grace ends at once", async () => {
    const { key: old } = await admin.create(viewer);
    const { key } = await admin.rotate({ name: "reader", grace: { seconds: 0n }, reason });
    const outcomes = [old, key].map((one) =>
      why(clientOf(SizeService, { type: "reader", key: one }).list({})),
    );
    expect(await Promise.all(outcomes)).toEqual(["BAD_CREDENTIAL", "answered"]);
  });

  test("that was revoked is refused; another one brings the identity back", async () => {
    const { key } = await admin.create(viewer);
    const sizes = clientOf(SizeService, { type: "reader", key });
    const { identity } = await admin.revoke({ name: "reader" });
    expect(identity?.keys).toEqual([]);
    expect(await why(sizes.list({}))).toBe("BAD_CREDENTIAL");
    const { key: next } = await admin.rotate({ name: "reader", reason });
    expect(await why(clientOf(SizeService, { type: "reader", key: next }).list({}))).toBe(
      "answered",
    );
    expect(await why(sizes.list({}))).toBe("BAD_CREDENTIAL");
  });

  test("can be revoked alone, by its id", async () => {
    const { key: old, keyId } = await admin.create(viewer);
    const { key } = await admin.rotate({ name: "reader", reason });
    await admin.revoke({ name: "reader", keyId });
    const outcomes = [old, key].map((one) =>
      why(clientOf(SizeService, { type: "reader", key: one }).list({})),
    );
    expect(await Promise.all(outcomes)).toEqual(["BAD_CREDENTIAL", "answered"]);
    expect(await why(admin.revoke({ name: "reader", keyId }))).toBe("NotFound");
  });

  test("of somebody whom the settings name, or nobody knows, is not changed here", async () => {
    expect(await why(admin.rotate({ name: "Metal-Edit", reason }))).toBe("FailedPrecondition");
    expect(await why(admin.revoke({ name: "Metal-Edit" }))).toBe("FailedPrecondition");
    expect(await why(admin.rotate({ name: "nobody-else", reason }))).toBe("NotFound");
  });
});

describe("the list", () => {
  test("has everybody, page by page, with the last use of each key", async () => {
    const { key } = await admin.create(viewer);
    await clientOf(SizeService, { type: "reader", key }).list({});
    const first = await admin.list({ pageSize: 3 });
    const { identities } = await admin.list({ pageSize: 1000, pageToken: first.nextPageToken });
    const all = [...first.identities, ...identities];
    const configured = Object.values(users).map(({ name }) => name);
    expect(all.map(({ name }) => name)).toEqual([...configured, "reader"].sort());
    const reader = all.at(-1);
    expect(reader).toMatchObject({ owner, source: "store" });
    expect(reader?.keys[0]?.lastUsed).toBeDefined();
  });

  test("tells whose keys are idle", async () => {
    const { key } = await admin.create(viewer);
    await clientOf(SizeService, { type: "reader", key }).list({});
    await admin.create({ ...viewer, name: "just-made" });
    const { identities } = await admin.list({ idle: { seconds: 60n } });
    // Metal-Admin signs these very calls.
    expect(identities.map(({ name }) => name)).toEqual(["Metal-Edit", "Metal-View", "Nobody"]);
  });

  test("can be limited to an owner or a component", async () => {
    await admin.create(viewer);
    await admin.create({ component: "metal-core", owner: "team net", reason });
    const namesOf = async (filter: object) =>
      (await admin.list(filter)).identities.map(({ name }) => name);
    expect(await namesOf({ owner: "team net" })).toEqual(["metal-core"]);
    expect(await namesOf({ component: "metal-core" })).toEqual(["metal-core"]);
    expect(await namesOf({ owner })).toEqual(["reader"]);
  });
});

test("a revoked key ends the streams it opened, and leaves those of others alone", async () => {
  await world
    .client(PartitionService, "admin")
    .create({ partition: create(PartitionSchema, { id: "p" }) });
  const streams: Promise<string>[] = [];
  const open = async (name: string) => {
    const { key } = await admin.create({ name, component: "metal-bmc", owner, reason });
    const commands = clientOf(BMCCommandService, { type: name, key });
    const answers = commands.watchCommands({ partitionId: "p" })[Symbol.asyncIterator]();
    await answers.next();
    const drain = async () => {
      while (!(await answers.next()).done);
    };
    streams.push(why(drain()));
  };
  await open("bmc-1");
  await open("bmc-2");
  await admin.revoke({ name: "bmc-1" });
  expect(await streams[0]).toBe("CREDENTIAL_ENDED");
  const other = await Promise.race([streams[1], Promise.resolve("still open")]);
  expect(other).toBe("still open");
});
