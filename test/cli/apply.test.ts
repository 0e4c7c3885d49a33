// `apply`: creates, changes what differs, leaves the rest alone, and goes on after an error.
import { create } from "@bufbuild/protobuf";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { Code, ConnectError } from "@connectrpc/connect";
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

const verbs = () => server.calls.map(({ procedure }) => procedure.replace(/^.*\//, ""));

const twoImages = `---
id: debian-12.3
name: Debian 12
url: https://images.example/debian
features: [machine]
---
id: edge-1.0
url: https://images.example/edge
features:
- firewall
classification: deprecated
`;

describe("what becomes of an entity", () => {
  test("is created, left alone, and configured", async () => {
    const file = await terminal.file("images.yaml", twoImages);
    expect(await terminal.metal(`image apply -f ${file}`)).toEqual({
      code: 0,
      out: "image/debian-12.3 created\nimage/edge-1.0 created\n",
      err: "2 created\n",
    });
    expect(await terminal.metal(`image apply -f ${file}`)).toEqual({
      code: 0,
      out: "image/debian-12.3 unchanged\nimage/edge-1.0 unchanged\n",
      err: "2 unchanged\n",
    });
    await terminal.file("images.yaml", twoImages.replace("deprecated", "supported"));
    expect(await terminal.metal(`image apply -f ${file}`)).toEqual({
      code: 0,
      out: "image/debian-12.3 unchanged\nimage/edge-1.0 configured\n",
      err: "1 unchanged, 1 configured\n",
    });
    expect(server.image.get("edge-1.0")).toMatchObject({ classification: 2, generation: 1n });
    expect(server.image.get("debian-12.3").generation).toBe(0n);
  });

  test("an unchanged entity is not written at all", async () => {
    const file = await terminal.file("images.yaml", twoImages);
    await terminal.metal(`image apply -f ${file}`);
    server.calls.length = 0;
    await terminal.metal(`image apply -f ${file}`);
    expect(verbs()).toEqual(["Get", "Get"]);
  });

  test("what the file does not name stays, what it empties is cleared", async () => {
    const before = { id: "s1", name: "one", description: "old", labels: { a: "1", b: "2" } };
    server.size.insert(create(SizeSchema, before));
    const file = await terminal.file("s.yaml", "id: s1\ndescription: ''\nlabels: {a: '1'}\n");
    expect((await terminal.metal(`size apply -f ${file}`)).out).toBe("size/s1 configured\n");
    const { name, description, labels } = server.size.get("s1");
    expect({ name, description, labels }).toEqual({
      name: "one",
      description: "",
      labels: { a: "1" },
    });
  });

  test("a version in the file is no lock, and old times ask for nothing", async () => {
    await terminal.metal(`image apply -f ${await terminal.file("i.yaml", twoImages)}`);
    const stale = `id: edge-1.0\ngeneration: 17\ncreated: 2020-01-01T00:00:00Z\n`;
    const file = await terminal.file("stale.yaml", stale);
    expect((await terminal.metal(`image apply -f ${file}`)).out).toBe("image/edge-1.0 unchanged\n");
    await terminal.file("stale.yaml", `${stale}name: Edge\n`);
    expect((await terminal.metal(`image apply -f ${file}`)).out).toBe(
      "image/edge-1.0 configured\n",
    );
  });

  test("masterdata's kinds have their id and version in meta", async () => {
    const tenant =
      "meta: {id: acme, kind: Tenant, apiversion: v1, version: 0, labels: [x]}\nname: acme\n";
    const file = await terminal.file("t.yaml", tenant);
    expect((await terminal.metal(`tenant apply -f ${file}`)).out).toBe("tenant/acme created\n");
    expect((await terminal.metal(`tenant apply -f ${file}`)).out).toBe("tenant/acme unchanged\n");
    await terminal.file("t.yaml", tenant.replace("[x]", "[]"));
    expect((await terminal.metal(`tenant apply -f ${file}`)).out).toBe("tenant/acme configured\n");
    expect(server.tenant.get("acme").meta).toMatchObject({ labels: [], version: 1n });
  });

  test("a service's second kind is applied with its own verb", async () => {
    const file = await terminal.file(
      "r.yaml",
      "id: r1\nsizeid: s1\nprojectid: p1\namount: 1\npartitionids: [a]\n",
    );
    expect((await terminal.metal(`size apply-reservation -f ${file}`)).out).toBe(
      "size-reservation/r1 created\n",
    );
    expect((await terminal.metal(`size apply-reservation -f ${file}`)).out).toBe(
      "size-reservation/r1 unchanged\n",
    );
  });
});

describe("where files come from", () => {
  test("standard input, and several files at once", async () => {
    const file = await terminal.file(
      "one.yaml",
      "id: a-1.0\nurl: https://x\nfeatures: [machine]\n",
    );
    const readStdin = async () => '[{"id": "b-1.0", "url": "https://y", "features": ["machine"]}]';
    const { out } = await terminal.metal(`image apply -f ${file} -f -`, { readStdin });
    expect(out).toBe("image/a-1.0 created\nimage/b-1.0 created\n");
  });

  test("what a list prints as YAML or JSON can be applied again", async () => {
    await terminal.metal(`image apply -f ${await terminal.file("i.yaml", twoImages)}`);
    for (const format of ["yaml", "json"]) {
      const { out } = await terminal.metal(`image list -o ${format}`);
      const file = await terminal.file("back", out);
      expect((await terminal.metal(`image apply -f ${file}`)).err).toBe("2 unchanged\n");
    }
  });

  test.each([
    ["a file that is not there", "-f nope.yaml", 1, /^cannot read nope\.yaml: ENOENT/],
    ["no file at all", "", 2, /required option '-f, --file <file>' not specified/],
    ["nothing in it", "-f empty.yaml", 1, /^nothing in empty\.yaml\n$/],
  ])("%s is said", async (_, flags, code, message) => {
    await terminal.file("empty.yaml", "---\n# nothing\n");
    const outcome = await terminal.metal(`image apply ${flags}`);
    expect(outcome.code).toBe(code);
    expect(outcome.err).toMatch(message);
  });
});

describe("errors", () => {
  test("name file, document and path, and do not stop the rest", async () => {
    const file = await terminal.file(
      "mixed.yaml",
      [
        "id: a-1.0\nurl: https://x\nfeatures: [machine]\n",
        "id: b-1.0\nurll: https://x\nfeatures: [boat]\n",
        "id: c-1.0\nid: d\n",
        "name: no id\n",
        "id: e-1.0\nurl: ftp://x\nfeatures: [machine]\n",
        "id: f-1.0\nurl: https://x\nfeatures: [machine]\n",
      ].join("---\n"),
    );
    const { code, out, err } = await terminal.metal(`image apply -f ${file}`);
    expect(code).toBe(1);
    expect(out).toBe("image/a-1.0 created\nimage/f-1.0 created\n");
    expect(err.split("\n")).toEqual([
      "mixed.yaml: document 2: urll: no such field",
      'mixed.yaml: document 2: features[0]: must be one of machine, firewall, is "boat"',
      expect.stringMatching(/^mixed\.yaml: document 3: line 10: /),
      "mixed.yaml: document 4: id: is missing",
      'mixed.yaml: document 5: image "e-1.0": the server does not accept it (invalid_argument)',
      expect.stringMatching(/^mixed\.yaml: document 5: {3}image\.url: /),
      "2 created, 4 failed",
      "",
    ]);
  });

  test("a refusal ends it with its four lines", async () => {
    const viewer = await openTerminal(server, "Metal-View");
    const file = await viewer.file("i.yaml", twoImages);
    const { code, out, err } = await viewer.metal(`image apply -f ${file}`);
    expect([code, out, err.trimEnd().split("\n").length]).toEqual([3, "", 4]);
    await viewer.close();
  });

  test("somebody else's change in between is applied upon, once", async () => {
    await terminal.metal(`image apply -f ${await terminal.file("i.yaml", twoImages)}`);
    const file = await terminal.file("n.yaml", "id: edge-1.0\nname: Edge\n");
    const changed = new ConnectError("changed", Code.Aborted);
    server.fail("image/Update", changed);
    expect((await terminal.metal(`image apply -f ${file}`)).out).toBe(
      "image/edge-1.0 configured\n",
    );
    await terminal.file("n.yaml", "id: edge-1.0\nname: Edgy\n");
    server.fail("image/Update", changed, changed);
    const { code, err } = await terminal.metal(`image apply -f ${file}`);
    expect(code).toBe(1);
    expect(err).toContain('n.yaml: document 1: image "edge-1.0": changed (aborted)');
  });

  test("somebody else's creation in between becomes a change", async () => {
    const image = create(ImageSchema, { id: "edge-1.0" });
    server.image.insert(image);
    server.fail("image/Get", new ConnectError("none", Code.NotFound));
    const file = await terminal.file(
      "n.yaml",
      "id: edge-1.0\nurl: https://x\nfeatures: [machine]\n",
    );
    expect((await terminal.metal(`image apply -f ${file}`)).out).toBe(
      "image/edge-1.0 configured\n",
    );
  });
});

test("a dry run says what would happen and does nothing", async () => {
  server.image.insert(create(ImageSchema, { id: "debian-12.3" }));
  const file = await terminal.file("images.yaml", twoImages);
  expect(await terminal.metal(`image apply --dry-run -f ${file}`)).toEqual({
    code: 0,
    out: "image/debian-12.3 configured (dry run)\nimage/edge-1.0 created (dry run)\n",
    err: "1 configured (dry run), 1 created (dry run)\n",
  });
  expect(verbs()).toEqual(["Get", "Get"]);
  expect([...server.image.all.keys()]).toEqual(["debian-12.3"]);
});
