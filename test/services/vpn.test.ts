import { create } from "@bufbuild/protobuf";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { ProjectSchema } from "../../gen/metal/v1/project_pb.ts";
import { VPNService } from "../../gen/metal/v1/vpn_pb.ts";
import { createHeadscale } from "../../src/vpn/headscale.ts";
import { type HeadscaleServer, startHeadscale } from "../vpn/headscale-server.ts";
import { failure } from "../world/failure.ts";
import { startWorld, type World } from "../world/server.ts";
import { openTestStore } from "../world/store.ts";

const reason = "incident 4711, see the ticket";
const request = { projectId: "shop", reason };

let headscale: HeadscaleServer;
let world: World;
beforeEach(async () => {
  headscale = await startHeadscale();
  world = await startWorld({ vpn: createHeadscale(headscale.settings) });
  await keepProject(world);
});
afterEach(async () => {
  await world.close();
  await headscale.close();
});

const keepProject = ({ store }: Pick<World, "store">) =>
  store.transaction((tx) => tx.project.insert(create(ProjectSchema, { meta: { id: "shop" } })));
const getAuthKey = (values: object = {}) =>
  world.client(VPNService, "admin").getAuthKey({ ...request, ...values });
const hourMs = 60 * 60 * 1000;

describe("a key", () => {
  test("lets one node in for an hour, and says where", async () => {
    const { address, authKey, expiresAt } = await getAuthKey();
    expect([address, authKey]).toEqual(["https://vpn.example", "secret 1"]);
    const leftMs = Number(expiresAt?.seconds ?? 0n) * 1000 - Date.now();
    expect(leftMs).toBeGreaterThan(hourMs - 60_000);
    expect(leftMs).toBeLessThanOrEqual(hourMs);
    expect(headscale.keys).toMatchObject([{ reusable: false, ephemeral: false }]);
  });

  test("is for nodes that vanish, and for so long, if that is wanted", async () => {
    await getAuthKey({ ephemeral: true, expiration: { seconds: 60n } });
    const [key] = headscale.keys;
    expect(key?.ephemeral).toBe(true);
    const leftMs = Date.parse(key?.expiration ?? "") - Date.now();
    expect(leftMs).toBeGreaterThan(0);
    expect(leftMs).toBeLessThanOrEqual(60_000);
  });

  test.each([
    ["NotFound", { projectId: "x" }, 'no project "x"'],
    ["InvalidArgument", { reason: "because" }, "reason"],
    ["InvalidArgument", { reason: "" }, "reason"],
    ["InvalidArgument", { projectId: "" }, "project_id"],
    ["InvalidArgument", { expiration: { seconds: 0n } }, "expiration"],
    ["InvalidArgument", { expiration: { seconds: 7_776_001n } }, "expiration"],
  ])("is refused with %s for %j, and none is made", async (code, values, text) => {
    const refused = await failure(getAuthKey(values));
    expect(refused).toMatch(new RegExp(`^${code}: `));
    expect(refused).toContain(text);
    expect(headscale.log).toEqual([]);
  });

  test("is recorded with the reason, and not itself", async () => {
    await getAuthKey();
    const [record] = await world.store.read.audit.list({ where: {}, limit: 1 });
    expect(record).toMatchObject({
      procedure: "metal.v1.VPNService/GetAuthKey",
      code: "ok",
      reason,
    });
    expect(JSON.stringify(record?.request ?? {})).not.toContain("secret 1");
  });
});

test("a key whose record cannot be written is revoked, and given to nobody", async () => {
  const store = await openTestStore();
  let broken = false;
  const failing: World["store"] = {
    read: store.read,
    changes: store.changes,
    ping: () => store.ping(),
    close: () => store.close(),
    transaction: (work) =>
      broken ? Promise.reject(new Error("the disk is full")) : store.transaction(work),
  };
  const other = await startWorld({ store: failing, vpn: createHeadscale(headscale.settings) });
  await keepProject(other);
  broken = true;
  const call = other.client(VPNService, "admin").getAuthKey(request);
  expect(await failure(call)).not.toBe("no failure");
  expect(headscale.keys.map(({ expiration }) => new Date(expiration).getFullYear())).toEqual([
    1970,
  ]);
  broken = false;
  await other.close();
});

test("without a VPN it is refused, naming the setting", async () => {
  const bare = await startWorld();
  await keepProject(bare);
  expect(await failure(bare.client(VPNService, "admin").getAuthKey(request))).toBe(
    "FailedPrecondition: no VPN is configured: set headscale-url",
  );
  await bare.close();
});

test("a VPN that does not answer is unavailable, and nothing of it is told", async () => {
  await headscale.close();
  expect(await failure(getAuthKey())).toBe("Unavailable: the server of the VPN does not answer");
  headscale = await startHeadscale();
});
