// Commands survive the sudden end of either side.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { BmcCommandState, BmcCommandType } from "../../gen/metal/v1/bmc_command_pb.ts";
import { openSqliteStore } from "../../src/store/sqlite.ts";
import { bmcClient, bmcUser, issue, keepMachines, openWatch } from "../world/bmc.ts";
import { type RunningServer, startServer } from "./process.ts";

const { OFF, ON } = BmcCommandType;

let folder: string;
let running: RunningServer[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "metal-bmc-"));
});
afterEach(async () => {
  await Promise.all(running.map((server) => server.remove()));
  running = [];
  rmSync(folder, { recursive: true });
});
const keep = (server: RunningServer): RunningServer => {
  running.push(server);
  return server;
};

/** A settings file with metal-bmc as a user. */
function settingsFile(): string {
  const { name, type, component, keys } = bmcUser;
  const path = join(folder, "settings.yaml");
  const key = { id: "test", key: keys[0]?.secret };
  const users = [{ name, type, role: "edit", component, keys: [key] }];
  writeFileSync(path, JSON.stringify({ users }));
  return path;
}

test("a command that was sent and not reported is sent again after the server was killed", async () => {
  const started = keep(await startServer(["--config", settingsFile()]));
  await started.end("SIGTERM");
  const store = await openSqliteStore(started.data);
  await keepMachines(store, 1);
  const [off, on] = [await issue(store, 1, OFF), await issue(store, 1, ON)];
  await store.close();

  const first = keep(await started.again());
  const before = await openWatch(bmcClient(first.url));
  expect(await before.next()).toMatchObject({ commandId: off, command: OFF });
  await first.end("SIGKILL");
  await before.close();

  const second = keep(await first.again());
  const client = bmcClient(second.url);
  const lost = await openWatch(client);
  expect((await lost.next())?.commandId).toBe(off);
  // metal-bmc goes away, comes back, and tells what it did.
  await lost.close();
  const after = await openWatch(client);
  expect((await after.next())?.commandId).toBe(off);
  await client.reportCommand({ commandId: off });
  expect((await after.next())?.commandId).toBe(on);
  await client.reportCommand({ commandId: on });
  await after.close();
  await second.end("SIGKILL");

  const kept = await openSqliteStore(started.data);
  const { DONE } = BmcCommandState;
  expect(await kept.read.bmcCommand.get(off)).toMatchObject({ state: DONE, deliveries: 3 });
  expect(await kept.read.bmcCommand.get(on)).toMatchObject({ state: DONE, deliveries: 1 });
  await kept.close();
});
