import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { UserService } from "../../gen/metal/v1/user_pb.ts";
import { startWorld, type World } from "../world/server.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.close());

test("a default user is told its name, address, groups and tenant", async () => {
  const { user } = await world.client(UserService, "view").getMe({});
  expect(user).toMatchObject({
    name: "Metal-View",
    email: "metal-view@metal-stack.io",
    groups: ["k8s_kaas-view", "maas-all-all-view"],
    tenant: "metal",
  });
});
