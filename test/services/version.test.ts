import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { VersionService } from "../../gen/metal/v1/version_pb.ts";
import { schemaHash } from "../../gen/rbac/rules.ts";
import { startWorld, type World } from "../world/server.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.close());

test("anybody is told the version and which rules are enforced", async () => {
  const answer = await world.client(VersionService, "anonymous").get({});
  expect(answer).toMatchObject({ version: "0.0.0-test", rulesHash: schemaHash });
});
