// Two servers on one database: what is made on one counts on the other within seconds, and so does what is ended.
import { setTimeout as pause } from "node:timers/promises";
import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { BMCCommandService } from "../../../gen/metal/v1/bmc_command_pb.ts";
import { PartitionSchema, PartitionService } from "../../../gen/metal/v1/partition_pb.ts";
import { UserService } from "../../../gen/metal/v1/user_pb.ts";
import { createSealer } from "../../../src/secrets/sealer.ts";
import { openPostgresEngine } from "../../../src/store/postgres-engine.ts";
import { openSqlStore } from "../../../src/store/sql.ts";
import type { Store } from "../../../src/store/store.ts";
import { newDatabase, type TestDatabase } from "../../postgres/database.ts";
import { keyClient } from "../../world/key-client.ts";
import { startWorld, type World } from "../../world/server.ts";

const secretsKey = "secrets key of tests, 32 bytes or more";
/** Within seconds, on a machine that has other things to do. */
const soonMs = 30_000;

let database: TestDatabase;
let worlds: World[] = [];
beforeEach(async () => {
  database = await newDatabase();
});
afterEach(async () => {
  await Promise.all(worlds.map((world) => world.close()));
  await database.drop();
  worlds = [];
});

async function start(change: (store: Store) => Store = (store) => store): Promise<World> {
  const engine = await openPostgresEngine({ url: database.url, durability: "off" });
  const store = change(await openSqlStore(engine));
  const world = await startWorld({ store, sealer: createSealer(secretsKey) });
  worlds.push(world);
  return world;
}

/** A store that hears nothing of commits, so that only looking helps. */
function deaf(store: Store): Store {
  Object.defineProperty(store.changes, "onCommit", { value: () => () => {} });
  return store;
}

test.each([
  ["that tells of commits", (store: Store) => store],
  ["that does not", deaf],
])(
  "a key made and revoked on one server does so on another, with a store %s",
  async (_, change) => {
    const [one, other] = [await start(), await start(change)];
    const admin = one.client(UserService, "admin");
    const partition = create(PartitionSchema, { id: "p" });
    await one.client(PartitionService, "admin").create({ partition });
    const reason = "a test needs it";
    const { key } = await admin.create({ component: "metal-bmc", owner: "team", reason });
    const commands = keyClient(other.url, BMCCommandService, { type: "metal-bmc", key });
    const answers = await opened(commands);
    await admin.revoke({ name: "metal-bmc" });
    const ended = await endOf(answers);
    expect(ended).toBe(Code.Unauthenticated);
    const again = endOf(commands.watchCommands({ partitionId: "p" })[Symbol.asyncIterator]());
    expect(await again).toBe(Code.Unauthenticated);
  },
  90_000,
);

type Answers = AsyncIterator<unknown>;

/** A stream, as soon as its key is known. */
async function opened(commands: ReturnType<typeof bmcClient>): Promise<Answers> {
  const deadline = Date.now() + soonMs;
  for (;;) {
    const answers = commands.watchCommands({ partitionId: "p" })[Symbol.asyncIterator]();
    try {
      await answers.next();
      return answers;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await pause(100);
    }
  }
}

const bmcClient = () => keyClient("", BMCCommandService, { type: "", key: "" });

/** The code with which a stream ends. */
async function endOf(answers: Answers): Promise<Code | "open"> {
  const drain = async () => {
    while (!(await answers.next()).done);
  };
  const end = drain().then(
    () => undefined,
    (error: unknown) => ConnectError.from(error).code,
  );
  const late = pause(soonMs, "open" as const, { ref: false });
  return (await Promise.race([end, late])) ?? "open";
}
