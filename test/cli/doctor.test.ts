import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { startWorld, users, type World } from "../world/server.ts";
import { openTerminal, type Outcome, type Terminal } from "./terminal.ts";

let world: World;
let terminal: Terminal;
beforeEach(async () => {
  world = await startWorld();
  terminal = await openTerminal();
});
afterEach(async () => {
  await terminal.close();
  await world.close();
});

function metal(line: string, user: keyof typeof users = "admin"): Promise<Outcome> {
  const { type, keys } = users[user];
  const env = {
    METAL_API_URL: world.url,
    METAL_API_HMAC: keys[0]?.secret ?? "",
    METAL_API_HMAC_AUTH_TYPE: type,
  };
  const now = () => new Date();
  return terminal.metal(line, { env, now });
}

test("books that balance are said to, with status 0", async () => {
  expect(await metal("doctor")).toEqual({ code: 0, out: "the books balance\n", err: "" });
  expect(await metal("doctor -o json")).toMatchObject({ code: 0, out: "[]\n" });
});

test("what is wrong is printed, with status 1", async () => {
  await world.store.transaction((tx) => tx.freeNumber.takeFirst("vrf"));
  expect(await metal("doctor")).toEqual({
    code: 1,
    out:
      "CHECK  SUBJECT   FAULT\n" +
      "vrfs   the VRFs  numbers in use or free: 16777213, and not 16777214\n",
    err: "",
  });
});

test("an Editor is refused, with status 3", async () => {
  expect((await metal("doctor", "edit")).code).toBe(3);
});
