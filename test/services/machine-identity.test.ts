// Identities that belong to one machine speak for it, and for no other, wherever components name machines.
import { Code, ConnectError } from "@connectrpc/connect";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { BootService } from "../../gen/api/v1/boot_pb.ts";
import { EventService } from "../../gen/api/v1/event_pb.ts";
import { ErrorInfoSchema } from "../../gen/google/rpc/error_details_pb.ts";
import { createChange } from "../../src/audit/change.ts";
import { Role } from "../../src/rbac/role.ts";
import { bootService } from "../../src/services/boot.ts";
import { createWaitingRoom, type WaitingRoom } from "../../src/services/boot/waiting-room.ts";
import { eventService } from "../../src/services/event.ts";
import type { Store } from "../../src/store/store.ts";
import { keepRack, machineId, registration } from "../world/machines.ts";
import { caller, partClient } from "../world/part.ts";
import { silent } from "../world/server.ts";
import { openTestStore } from "../world/store.ts";

const [own, other] = [machineId(1), machineId(2)];
let store: Store;
let waitingRoom: WaitingRoom;
beforeEach(async () => {
  store = await openTestStore();
  waitingRoom = createWaitingRoom({ store, log: silent, now: Date.now });
  await keepRack(store);
});
afterEach(async () => {
  await waitingRoom.stop();
  await store.close();
});

/** The service as the installer on the first machine calls it. */
function client<S extends typeof BootService | typeof EventService>(service: S, machine = own) {
  const change = createChange(store);
  const deps = { read: store.read, change, now: Date.now, waitingRoom, log: silent };
  return partClient(service, {
    store,
    principal: caller({ role: Role.VIEWER, component: "metal-hammer", machine }),
    routes: (router) =>
      void router.service(BootService, bootService(deps)).service(EventService, eventService(deps)),
  });
}

async function outcome(call: Promise<unknown>): Promise<string> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => ConnectError.from(reason),
  );
  const [info] = error?.findDetails(ErrorInfoSchema) ?? [];
  return error === undefined ? "done" : `${Code[error.code]} ${info?.reason ?? error.rawMessage}`;
}

const boot = () => client(BootService);
const drain = async (stream: AsyncIterable<unknown>) => {
  for await (const _ of stream) return;
};

const calls: readonly (readonly [string, (uuid: string) => Promise<unknown>])[] = [
  ["an event", (uuid) => client(EventService).send({ events: { [uuid]: { event: "Alive" } } })],
  ["its registration", (uuid) => boot().register(registration(1, { uuid }))],
  ["its wait", (uuid) => drain(boot().wait({ machineId: uuid }))],
  ["its report", (uuid) => boot().report({ uuid })],
  ["an aborted installation", (uuid) => boot().abortReinstall({ uuid })],
];

describe.each(calls)("%s", (_, call) => {
  test("is taken from the machine itself", async () => {
    await boot().register(registration(1));
    expect(await outcome(call(own))).not.toMatch(/PermissionDenied|Internal/);
    expect(await outcome(call(own.toUpperCase()))).not.toMatch(/PermissionDenied|Internal/);
  });

  test("is refused from another one, changes nothing, and leaves a record", async () => {
    expect(await outcome(call(other))).toBe("PermissionDenied WRONG_MACHINE");
    expect(await store.read.machine.count({})).toBe(0);
    const records = await store.read.audit.list({ where: { refused: true }, limit: 9 });
    expect(records.map(({ decision }) => decision)).toEqual(["WRONG_MACHINE"]);
  });
});

test("an event of another machine beside its own refuses both", async () => {
  const events = { [own]: { event: "Alive" }, [other]: { event: "Alive" } };
  expect(await outcome(client(EventService).send({ events }))).toBe(
    "PermissionDenied WRONG_MACHINE",
  );
  expect(await store.read.machine.count({})).toBe(0);
});
