import { describe, expect, test } from "@jest/globals";
import { UsageError } from "../../../src/cli/errors.ts";
import { sourceFiles } from "../../../src/cli/source/files.ts";
import { found } from "./tree.ts";

const images = "metal.v1.ImageService";
const machines = "metal.v1.MachineService";

describe("TypeScript", () => {
  test.each([
    [
      "a variable",
      `const images = createClient(ImageService, transport);
       await images.list({});
       await images
         .getLatest({ id: "debian" });`,
      [`${images}/GetLatest a.ts:4`, `${images}/List a.ts:2`],
    ],
    [
      "a private field",
      `class Sync {
         readonly #images: Client<typeof ImageService>;
         constructor(transport: Transport) {
           this.#images = createClient(ImageService, transport);
         }
         run = () => this.#images.list({});
       }`,
      [`${images}/List a.ts:6`],
    ],
    [
      "a parameter",
      "export const watch = (machines: Client<typeof MachineService>) => machines.watch({});",
      [`${machines}/Watch a.ts:1`],
    ],
    [
      "an object of clients",
      `const clients = { images: createClient(pb.ImageService, t), machines: createClient(MachineService, t) };
       clients.images.list({}); clients.machines.getBMC({});`,
      [`${images}/List a.ts:2`, `${machines}/GetBMC a.ts:2`],
    ],
    [
      "a function that returns one",
      `function images() { return createClient(ImageService, transport); }
       const machines = () => createPromiseClient(MachineService, transport);
       await images().get({}); await machines().allocate({});`,
      [`${images}/Get a.ts:3`, `${machines}/Allocate a.ts:3`],
    ],
    [
      "the place where it is made",
      "createClient(ImageService, f(x)).list({});",
      [`${images}/List a.ts:1`],
    ],
    ["a descriptor", "call(ImageService.method.create, request);", [`${images}/Create a.ts:1`]],
  ])("%s is followed", async (_, code, wanted) => {
    expect(await found({ "a.ts": code })).toEqual(wanted);
  });

  test("comments, strings, templates and regular expressions are no code", async () => {
    const code = `const images = createClient(ImageService, t); // images.list({})
      /* images.get({}) */ const a = "images.create({})", b = \`images.create({}) \${images.list({})} it's\`;
      const c = /["'\`]images.get(/.test(x) ? 1 / 2 : 'it\\'s images.get({})';
      images.getLatest({});`;
    expect(await found({ "a.ts": code })).toEqual([
      `${images}/GetLatest a.ts:4`,
      `${images}/List a.ts:2`,
    ]);
  });

  test("a client that another file makes is followed by its name", async () => {
    const files = {
      "clients.ts": "export const images = createClient(ImageService, transport);",
      "sync.ts": 'import { images } from "./clients.ts";\nawait images.list({});',
    };
    expect(await found(files)).toEqual([`${images}/List sync.ts:2`]);
  });

  test("the same name in two files is the client of each", async () => {
    const files = {
      "a.ts": "const client = createClient(ImageService, t); client.list({});",
      "b.ts": "const client = createClient(SizeService, t); client.list({});",
    };
    expect(await found(files)).toEqual([
      `${images}/List a.ts:1`,
      "metal.v1.SizeService/List b.ts:1",
    ]);
  });

  test("a client whose calls are not found is told of", async () => {
    const code = "const { list } = createClient(ImageService, transport);\nlist({});";
    expect(await found({ "a.ts": code })).toEqual([`${images} not followed a.ts:1`]);
  });
});

describe("Go", () => {
  test.each([
    [
      "a variable",
      `images := metalv1connect.NewImageServiceClient(http.DefaultClient, url)
       res, err := images.GetLatest(ctx, connect.NewRequest(&v1.GetLatest{}))`,
      [`${images}/GetLatest main.go:2`],
    ],
    [
      "a field",
      `type sync struct {
         images metalv1connect.ImageServiceClient
       }
       func (s *sync) run() { s.images.List(ctx, nil) }`,
      [`${images}/List main.go:4`],
    ],
    [
      "a gRPC client that a function returns",
      `func (c *core) boot() v1.BootServiceClient { return v1.NewBootServiceClient(c.conn) }
       func (c *core) wait() { c.boot().Wait(ctx, &v1.Wait{}) }`,
      ["api.v1.BootService/Wait main.go:2"],
    ],
    ["accessors", "client.Metalv1().Image().List(ctx, nil)", [`${images}/List main.go:1`]],
    [
      "raw strings",
      "x := `it's images` \nNewImageServiceClient(c, u).List(ctx)",
      [`${images}/List main.go:2`],
    ],
  ])("%s: calls are found", async (_, code, wanted) => {
    expect(await found({ "main.go": code })).toEqual(wanted);
  });

  test("a method in another case is another method", async () => {
    const code = "images := NewImageServiceClient(c, u)\nimages.list(ctx)";
    expect(await found({ "main.go": code })).toEqual([`${images} not followed main.go:1`]);
  });
});

describe("metal-go", () => {
  const using = 'import metalgo "github.com/metal-stack/metal-go"\n';

  test("operations are found by name, in parameters and in calls", async () => {
    const code = `${using}
      c.Machine().FindMachine(machine.NewFindMachineParams().WithID(id), nil)
      params := network.NewFindNetworksParams()
      d.SwitchOperations().NotifySwitch(nil, nil)
      log.Named().Info("x")`;
    expect(await found({ "main.go": code })).toEqual([
      `${machines}/Get main.go:3`,
      "metal.v1.NetworkService/List main.go:4",
      "metal.v1.SwitchService/Notify main.go:5",
    ]);
  });

  test("what an operation was divided into is told apart by what the code says", async () => {
    const update = "m.UpdateMachine(machine.NewUpdateMachineParams()";
    const of = async (rest: string) =>
      (await found({ "a.go": `${using}${update}${rest})` })).map((call) => call.split(" ")[0]);
    expect(await of(".WithBody(&models.V1MachineUpdateRequest{Tags: tags})")).toEqual([
      `${machines}/SetTags`,
    ]);
    expect(await of(".WithBody(&models.V1MachineUpdateRequest{SSHPubKeys: keys})")).toEqual([
      `${machines}/SetSSHKeys`,
    ]);
    expect(await of("")).toEqual([`${machines}/Update`]);
  });

  test("without it, the same names are somebody else's", async () => {
    expect(await found({ "a.go": "machine.NewFindMachineParams()" })).toEqual([]);
  });
});

test("what is generated, vendored, a test or no source is not looked at", async () => {
  const code = "const images = createClient(ImageService, t); images.list({});";
  const files = {
    "node_modules/a.ts": code,
    "src/a.test.ts": code,
    "test/b.ts": code,
    "gen/image_pb.ts": code,
    "made.ts": `// @generated by something\n${code}`,
    "made.go":
      "// Code generated by protoc-gen-go. DO NOT EDIT.\nNewImageServiceClient(c, u).List(ctx)",
    "readme.md": code,
    "src/deep/down.mts": code,
  };
  expect(await found(files)).toEqual([`${images}/List src/deep/down.mts:1`]);
});

test("a folder that is not there is wrong usage", async () => {
  await expect(sourceFiles("/nowhere/at/all", "nowhere")).rejects.toThrow(UsageError);
});
