// What a server of this kind can be caught with although every rule is right: other spellings of a path, requests that a
// page of somebody else can send, time that overflows, and addresses that it is made to open.
import { createServer, request } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { ImageFeature, ImageService } from "../../gen/metal/v1/image_pb.ts";
import { PartitionService } from "../../gen/metal/v1/partition_pb.ts";
import { credentials, startWorld, type World } from "../world/server.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.close());

interface Sent {
  readonly method?: "GET" | "POST";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Sends the path to the byte, which `fetch` would not, as an Admin. */
async function send(path: string, { method = "POST", headers = {}, body = "{}" }: Sent = {}) {
  const call = request(world.url, {
    path,
    method,
    headers: { ...credentials("admin", method), ...headers },
    agent: false,
  });
  call.end(method === "GET" ? undefined : body);
  const [answer] = await once(call, "response");
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk);
  return { status: answer.statusCode as number, text: Buffer.concat(chunks).toString() };
}

const json = { "content-type": "application/json" };
const list = "/metal.v1.TenantService/List";
const create = "/metal.v1.TenantService/Create";

test("the path itself is served", async () => {
  expect((await send(list, { headers: json })).status).toBe(200);
});

describe("no other spelling of a path leads anywhere:", () => {
  test.each([
    `${list}/`,
    `/${list}`,
    list.toLowerCase(),
    "/metal.v1.TenantService/list",
    "/metal.v1.tenantService/List",
    "/metal.v1.TenantService%2FList",
    "/metal%2Ev1.TenantService/List",
    "/./metal.v1.TenantService/List",
    "/x/../metal.v1.TenantService/List",
    `${list};a=b`,
    `${list}%00`,
  ])("%s", async (path) => {
    expect((await send(path, { headers: json })).status).toBe(404);
  });
});

describe("a page of somebody else can send nothing that is taken for a call:", () => {
  test.each(["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])(
    "content type %j",
    async (type) => {
      const headers: Record<string, string> = type === "" ? {} : { "content-type": type };
      const body = '{"tenant":{"name":"forged"}}';
      expect((await send(create, { headers, body })).status).toBe(415);
    },
  );

  test.each([
    ["a change", create],
    ["a secret that is given with a reason", "/metal.v1.MachineService/GetConsolePassword"],
    ["what is given once", "/metal.v1.VPNService/GetAuthKey"],
  ])("GET of %s", async (_, path) => {
    const answer = await send(`${path}?encoding=json&message=%7B%7D`, { method: "GET" });
    expect(answer.status).toBe(405);
  });
});

test.each(["2147483648", "9999999999"])(
  "a deadline of %s ms is refused, not taken for one that is over",
  async (timeout) => {
    const headers = { ...json, "connect-timeout-ms": timeout };
    const { status, text } = await send(list, { headers });
    expect([status, JSON.parse(text).code]).toEqual([400, "invalid_argument"]);
  },
);

test("an address that a caller names is looked at and never opened", async () => {
  let opened = 0;
  const bait = createServer((_, response) => {
    opened += 1;
    response.end();
  });
  bait.on("connection", () => (opened += 1));
  bait.listen(0, "127.0.0.1");
  await once(bait, "listening");
  const url = `http://127.0.0.1:${(bait.address() as AddressInfo).port}/latest/meta-data`;
  const image = { id: "bait-1.0", url, features: [ImageFeature.MACHINE] };
  await world.client(ImageService, "admin").create({ image });
  const bootConfig = { imageUrl: url, kernelUrl: url, commandLine: "" };
  await world.client(PartitionService, "admin").create({ partition: { id: "bait", bootConfig } });
  expect(opened).toBe(0);
  bait.close();
});
