import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { BmcCommandState, BmcCommandType } from "../../gen/metal/v1/bmc_command_pb.ts";
import { finishCommand } from "../../src/domain/bmc-command.ts";
import { expireCommands } from "../../src/jobs/bmc-command.ts";
import type { Store } from "../../src/store/store.ts";
import { issue, keepMachines } from "../world/bmc.ts";
import { openTestStore } from "../world/store.ts";

const { ON, FREE } = BmcCommandType;
const { PENDING, DONE, EXPIRED } = BmcCommandState;
const hourMs = 60 * 60 * 1000;

let store: Store;
beforeEach(async () => {
  store = await openTestStore();
  await keepMachines(store, 3);
});
afterEach(() => store.close());

test("what nobody reported in time is given up, and nothing else", async () => {
  const [on, free, done] = [
    await issue(store, 1, ON),
    await issue(store, 2, FREE),
    await issue(store, 3, ON),
  ];
  await store.transaction(async (tx) => {
    const command = await tx.bmcCommand.get(done);
    if (command) await finishCommand(tx, command, { state: DONE, error: "", nowMs: 0 });
  });
  expect(await expireCommands(store, Date.now())).toBe(0);
  const nowMs = Date.now() + hourMs;
  expect(await expireCommands(store, nowMs)).toBe(1);
  const stateOf = async (id: string) => (await store.read.bmcCommand.get(id))?.state;
  expect([await stateOf(on), await stateOf(free), await stateOf(done)]).toEqual([
    EXPIRED,
    PENDING,
    DONE,
  ]);
  expect(await store.read.bmcCommand.get(on)).toMatchObject({
    error: "not reported within 10 minutes",
    finished: { seconds: BigInt(Math.floor(nowMs / 1000)) },
  });
  expect(await store.read.bmcCommand.count({ open: "here" })).toBe(1);
});
