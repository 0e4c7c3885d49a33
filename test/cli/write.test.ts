// `create`, `update` and `delete`, by flags and from files.
import { create } from "@bufbuild/protobuf";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { ImageSchema } from "../../gen/metal/v1/image_pb.ts";
import { SizeSchema } from "../../gen/metal/v1/size_pb.ts";
import { type MemoryServer, startServer } from "./memory-server.ts";
import { openTerminal, type Terminal } from "./terminal.ts";

let server: MemoryServer;
let terminal: Terminal;
beforeAll(async () => void (server = await startServer()));
afterAll(() => server.stop());
beforeEach(async () => {
  for (const { all } of [server.image, server.size, server.tenant]) all.clear();
  server.calls.length = 0;
  terminal = await openTerminal(server);
});
afterEach(() => terminal.close());

describe("create", () => {
  test("takes every field as a flag", async () => {
    const line =
      "image create --id debian-12.3 --name Debian --url https://x --features machine,firewall" +
      " --classification supported --expiration-date +90d --no-headers";
    expect((await terminal.metal(line)).out).toBe(
      "debian-12.3  Debian    machine,firewall  90d  supported\n",
    );
    expect(server.image.get("debian-12.3").features).toEqual([1, 2]);
  });

  test("takes repeated messages, maps and numbers beyond 2^53", async () => {
    const storage = "{type: storage, min: 9007199254740993, max: 18446744073709551615}";
    const line = "size create --id big --labels a=1,b=x=y --labels c= -o json"
      .split(" ")
      .concat("--constraints", "type=cores,min=4,max=8", "--constraints", storage);
    const { out } = await terminal.metal(line);
    expect(out).toContain('"min": 9007199254740993,');
    expect(out).toContain('"max": 18446744073709551615');
    expect(server.size.get("big").labels).toEqual({ a: "1", b: "x=y", c: "" });
  });

  test("takes the fields of meta without a prefix, and those of other messages with one", async () => {
    const line =
      "tenant create --id acme --labels x,y --annotations k=v --quotas-machine-quota 0 --iam-config-issuer-config-url https://i";
    expect((await terminal.metal(line)).code).toBe(0);
    expect(server.tenant.get("acme")).toMatchObject({
      meta: { id: "acme", labels: ["x", "y"], annotations: { k: "v" } },
      quotas: { machine: { quota: 0 } },
      iamConfig: { issuerConfig: { url: "https://i" } },
    });
  });

  test("takes whole entities from a file", async () => {
    const file = await terminal.file("s.yaml", "id: s1\n---\nid: s2\n---\nid: s1\n");
    const { code, out, err } = await terminal.metal(`size create -f ${file}`);
    expect([code, out]).toEqual([1, "size/s1 created\nsize/s2 created\n"]);
    expect(err).toBe('s.yaml: document 3: size "s1": size "s1" exists (already_exists)\n');
  });

  test.each([
    ["nothing", "image create", /say what with flags, or give -f FILE/],
    ["flags beside a file", "image create -f x.yaml --id a", /give -f FILE or flags, not both/],
    [
      "a word that is none",
      "image create --id a --classification good",
      /^--classification: must be one of preview, supported, deprecated, is "good"\n$/,
    ],
    ["half a pair", "size create --id a --labels b", /^--labels: "b" is not of the form key=value/],
    [
      "a number that is none",
      "size create --id a --constraints min=x",
      /^--constraints\[0\]\.min: must be a whole number/,
    ],
    [
      "an unknown part",
      "size create --id a --constraints mim=1",
      /^--constraints\[0\]\.mim: no such field/,
    ],
    [
      "a time that is none",
      "image create --id a --expiration-date soon",
      /^--expiration-date: must be a time/,
    ],
    ["a flag that is none", "image create --nope", /unknown option '--nope'/],
  ])("%s is wrong usage", async (_, line, message) => {
    const { code, err, out } = await terminal.metal(line);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toMatch(message);
    expect(server.calls).toEqual([]);
  });
});

describe("update", () => {
  beforeEach(() => {
    server.image.insert(
      create(ImageSchema, {
        id: "a-1.0",
        name: "A",
        description: "d",
        url: "https://x",
        features: [1],
      }),
    );
  });

  test("changes what the flags name, under the version it read", async () => {
    const { code, out } = await terminal.metal([
      "image",
      "update",
      "a-1.0",
      "--name",
      "B",
      "--description",
      "",
    ]);
    expect(code).toBe(0);
    expect(out).toContain("a-1.0  B");
    expect(server.image.get("a-1.0")).toMatchObject({
      name: "B",
      description: "",
      url: "https://x",
      generation: 1n,
    });
  });

  test("writes nothing if nothing differs", async () => {
    const { code, err } = await terminal.metal("image update a-1.0 --name A");
    expect([code, err]).toEqual([0, "nothing to change\n"]);
    expect(server.image.get("a-1.0").generation).toBe(0n);
  });

  test("a version that is stated is the lock", async () => {
    const { code, err } = await terminal.metal("image update a-1.0 --name B --generation 7");
    expect([code, err]).toEqual([1, 'image "a-1.0": image "a-1.0" changed (aborted)\n']);
  });

  test("the version in a file is the lock, and only what the file has is changed", async () => {
    const file = await terminal.file(
      "i.yaml",
      "id: a-1.0\ngeneration: 0\nname: B\ndescription: ''\n",
    );
    expect((await terminal.metal(`image update -f ${file}`)).out).toBe("image/a-1.0 updated\n");
    expect(server.image.get("a-1.0")).toMatchObject({
      name: "B",
      description: "",
      url: "https://x",
    });
    const { code, err } = await terminal.metal(`image update -f ${file}`);
    expect([code, err]).toEqual([
      1,
      'i.yaml: document 1: image "a-1.0": image "a-1.0" changed (aborted)\n',
    ]);
  });

  test.each([
    ["image update", /say what with flags/],
    ["image update --name B", /say which one, or give -f FILE/],
    ["image update a-1.0 -f x.yaml", /give -f FILE or flags, not both/],
    ["image update a-1.0 --id b", /unknown option '--id'/],
  ])("%s is wrong usage", async (line, message) => {
    const { code, err } = await terminal.metal(line);
    expect(code).toBe(2);
    expect(err).toMatch(message);
  });
});

describe("delete", () => {
  beforeEach(() => void server.size.insert(create(SizeSchema, { id: "s1" })));

  test.each(["delete", "destroy", "rm", "remove"])("%s prints what is gone", async (verb) => {
    const { code, out } = await terminal.metal(`size ${verb} s1 --no-headers`);
    expect([code, out, server.size.all.size]).toEqual([0, "s1\n", 0]);
  });

  test.each([
    ["y", 0, 0],
    ["YES", 0, 0],
    ["", 1, 1],
    ["n", 1, 1],
  ])("a person at a terminal is asked, and %j means status %d", async (answer, code, left) => {
    const questions: string[] = [];
    const ask = async (question: string) => {
      questions.push(question);
      return answer;
    };
    const outcome = await terminal.metal("size delete s1", { interactive: true, ask });
    expect(questions).toEqual(['delete size "s1"? [y/N] ']);
    expect([outcome.code, server.size.all.size]).toEqual([code, left]);
  });

  test("--yes asks nobody", async () => {
    const ask = () => Promise.reject(new Error("asked"));
    expect((await terminal.metal("size delete s1 -y", { interactive: true, ask })).code).toBe(0);
  });
});
