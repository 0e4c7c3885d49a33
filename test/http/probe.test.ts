// The probes of orchestrators and load balancers.
import { afterEach, expect, test } from "@jest/globals";
import { startHealthServer, type TestServer, type TestServerOptions } from "./health-server.ts";
import { ask, converse, openHttp2 } from "./raw.ts";

const servers: TestServer[] = [];

async function start(options?: TestServerOptions): Promise<TestServer> {
  const server = await startHealthServer(options);
  servers.push(server);
  return server;
}

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close(0)));
});

test.each([
  ["GET", "/healthz", 200, "ok\n"],
  ["HEAD", "/healthz", 200, ""],
  ["GET", "/readyz", 200, "ok\n"],
  ["POST", "/healthz", 404, ""],
  ["GET", "/healthz/", 404, ""],
  ["GET", "/", 404, ""],
  ["OPTIONS", "/grpc.health.v1.Health/Check", 405, ""],
])("%s %s answers %d", async (method, path, status, body) => {
  const { url } = await start();
  const answer = await fetch(`${url}${path}`, { method });
  expect([answer.status, await answer.text()]).toEqual([status, body]);
});

test.each<[string, () => boolean | Promise<boolean>]>([
  ["says no", () => false],
  ["rejects", () => Promise.reject(new Error("no database"))],
  [
    "throws",
    () => {
      throw new Error("no database");
    },
  ],
])(
  "a server whose readiness %s is alive and answers 503 without a reason",
  async (_name, ready) => {
    const { url } = await start({ ready });
    const answer = await fetch(`${url}/readyz`);
    expect([answer.status, await answer.text()]).toEqual([503, "not ready\n"]);
    expect(await fetch(`${url}/healthz`)).toMatchObject({ status: 200 });
  },
);

test("a store that does not answer keeps nobody waiting: 503, and the next probe asks again", async () => {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const answers = [promise, Promise.resolve(true)];
  const ready = () => answers.shift() ?? false;
  const { url } = await start({ ready, patienceMs: 10 });
  expect(await fetch(`${url}/readyz`)).toMatchObject({ status: 503 });
  expect(await fetch(`${url}/readyz`)).toMatchObject({ status: 200 });
  resolve(true);
});

test("however many ask at a time, the store is asked once", async () => {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  let asked = 0;
  const ready = () => {
    asked += 1;
    if (asked === 1) setTimeout(resolve, 0, true);
    return promise;
  };
  const { port } = await start({ ready });
  const text = "GET /readyz HTTP/1.1\r\nhost: a\r\n\r\n".repeat(3);
  const ends = "GET /readyz HTTP/1.0\r\n\r\n";
  expect((await converse(port, text + ends)).match(/ 200 /g)).toHaveLength(4);
  expect(asked).toBe(1);
});

test("a load balancer that speaks HTTP/1.0 and names no host is answered", async () => {
  const { port } = await start();
  expect(await converse(port, "GET /readyz HTTP/1.0\r\n\r\n")).toMatch(/^HTTP\/1.1 200 /);
});

test("probes answer on HTTP/2", async () => {
  const { port } = await start();
  const session = await openHttp2(port);
  expect(await ask(session, "/healthz", { headers: { ":method": "GET" }, body: "" })).toMatchObject(
    {
      status: 200,
      body: "ok\n",
    },
  );
  session.destroy();
});
