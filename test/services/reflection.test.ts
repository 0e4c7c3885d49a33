// Reflection shows a caller what it may call and nothing else: through a real server, with the client inside buf curl
// and with a client of our own.
import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { promisify } from "node:util";
import {
  create,
  createFileRegistry,
  type DescService,
  type FileRegistry,
  fromBinary,
  getOption,
  hasOption,
  type MessageInitShape,
} from "@bufbuild/protobuf";
import {
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Code, createClient, createContextValues } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import {
  ServerReflection,
  ServerReflectionRequestSchema,
  type ServerReflectionResponse,
} from "../../gen/grpc/reflection/v1/reflection_pb.ts";
import { min_role } from "../../gen/metal/rbac/v1/rbac_pb.ts";
import type { HttpServer } from "../../src/http/one-port.ts";
import { rules } from "../../gen/rbac/rules.ts";
import { principalKey } from "../../src/rbac/call.ts";
import { decide } from "../../src/rbac/decide.ts";
import { Role, roles } from "../../src/rbac/role.ts";
import { procedureOf, type RuleTable } from "../../src/rbac/rule.ts";
import { reflectionService } from "../../src/services/reflection.ts";
import { prune } from "../../src/services/reflection/prune.ts";
import { caller, mayCall, services, startReflection } from "./reflection/schema.ts";

let server: HttpServer & { readonly url: string };

beforeAll(async () => {
  server = await startReflection();
});

afterAll(() => server.close(0));

type RoleName = "PUBLIC" | "VIEWER" | "ADMIN";
type Question = NonNullable<
  MessageInitShape<typeof ServerReflectionRequestSchema>["messageRequest"]
>;
type Answer = ServerReflectionResponse["messageResponse"];

/** Asks `questions` on one stream. */
async function ask(role: RoleName, ...questions: Question[]): Promise<Answer[]> {
  const client = createClient(ServerReflection, createGrpcTransport({ baseUrl: server.url }));
  const requests = questions.map((messageRequest) => ({ host: "here", messageRequest }));
  const headers = { "x-role": role };
  const answers: Answer[] = [];
  for await (const answer of client.serverReflectionInfo(stream(requests), { headers })) {
    expect(answer.validHost).toBe("here");
    answers.push(answer.messageResponse);
  }
  return answers;
}

async function* stream<T>(items: readonly T[]) {
  yield* items;
}

function filesIn(answer: Answer | undefined): FileDescriptorProto[] {
  if (answer?.case !== "fileDescriptorResponse") throw new Error(`got ${answer?.case}`);
  return answer.value.fileDescriptorProto.map((bytes) =>
    fromBinary(FileDescriptorProtoSchema, bytes),
  );
}

/** The schema as a client builds it from one answer. */
async function schemaOf(role: RoleName, symbol: string): Promise<FileRegistry> {
  const [answer] = await ask(role, { case: "fileContainingSymbol", value: symbol });
  const [first, ...imports] = filesIn(answer);
  if (first === undefined) throw new Error("got no file");
  return createFileRegistry(first, (name) => imports.find((file) => file.name === name));
}

const namesOf = (answer: Answer | undefined): string[] | undefined =>
  answer?.case === "listServicesResponse"
    ? answer.value.service.map(({ name }) => name)
    : undefined;

const open = ["grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection", "t.Public"];

describe("a caller sees", () => {
  test.each<[RoleName, string[]]>([
    ["PUBLIC", open],
    ["VIEWER", [...open, "t.Mixed"].sort()],
    ["ADMIN", [...open, "t.Mixed", "t.Secret"].sort()],
  ])("as %s the services it may call", async (role, expected) => {
    const [answer] = await ask(role, { case: "listServices", value: "" });
    expect(namesOf(answer)).toEqual(expected);
  });

  test.each<[RoleName, string[]]>([
    ["VIEWER", ["Show"]],
    ["ADMIN", ["Hide", "Show"]],
  ])("as %s the RPCs it may call", async (role, expected) => {
    const schema = await schemaOf(role, "t.Mixed");
    expect(schema.getService("t.Mixed")?.methods.map(({ name }) => name)).toEqual(expected);
  });

  test("the rules of the RPCs, as our options state them", async () => {
    const schema = await schemaOf("VIEWER", "t.Mixed");
    const show = schema.getService("t.Mixed")?.method["show"];
    if (show === undefined) throw new Error("no RPC");
    expect(hasOption(show, min_role)).toBe(true);
    expect(getOption(show, min_role)).toBe(Role.VIEWER);
  });

  test("the types of RPCs it may call, of extensions and of no RPC, but none of hidden RPCs alone", async () => {
    const isOurs = (name: string) => /^t\.[^.]+$/.test(name);
    const typesOf = (schema: FileRegistry) =>
      [...schema].filter(({ kind }) => kind !== "service").map(({ typeName }) => typeName);
    const viewer = typesOf(await schemaOf("VIEWER", "t.Mixed")).filter(isOurs);
    const admin = typesOf(await schemaOf("ADMIN", "t.Mixed")).filter(isOurs);
    const hidden = ["t.HiddenKind", "t.HideRequest", "t.HideResponse", "t.Outer"];
    expect(viewer.toSorted()).toEqual([
      "t.OptionValue",
      "t.PartOfThat",
      "t.Shared",
      "t.ShowRequest",
      "t.ShowResponse",
      "t.UsedByNoRpc",
      "t.note",
    ]);
    expect(admin.toSorted()).toEqual([...viewer, ...hidden].toSorted());
  });

  test("a file without imports in which nothing is left, and without comments", async () => {
    const question: Question = { case: "fileByFilename", value: "t/service.proto" };
    const [viewer] = filesIn((await ask("VIEWER", question))[0]);
    const [admin] = filesIn((await ask("ADMIN", question))[0]);
    expect(viewer).toMatchObject({
      dependency: ["t/common.proto", "t/extension.proto", "metal/rbac/v1/rbac.proto"],
      publicDependency: [0],
      weakDependency: [],
    });
    expect(admin).toMatchObject({ publicDependency: [1], weakDependency: [0] });
    expect(viewer?.sourceCodeInfo).toBeUndefined();
  });
});

describe("what a caller may not call is answered like what does not exist", () => {
  test.each<[string, (name: string) => Question, string, string]>([
    ["service", symbol, "t.Secret", "t.Absent"],
    ["RPC of a service that is shown", symbol, "t.Mixed.Hide", "t.Mixed.Nope"],
    ["RPC", symbol, "t.Secret.Hide", "t.Secret.Nope"],
    ["message", symbol, "t.HideRequest", "t.NoRequests"],
    ["nested message", symbol, "t.Outer.Inner", "t.Other.Inner"],
    ["enum", symbol, "t.HiddenKind", "t.NoSuchKind"],
    ["file", file, "t/only-hidden.proto", "t/only-absents.proto"],
    ["name in another way", symbol, ".t.Mixed", "t.Mixed."],
    ["name without a package", symbol, "Mixed", ""],
  ])("%s", async (_kind, question, hidden, absent) => {
    const [first, second] = await ask("VIEWER", question(hidden), question(absent));
    const blank = (answer: Answer | undefined, name: string) =>
      JSON.stringify(answer).replace(`\\"${name}\\"`, "NAME");
    expect(first).toMatchObject({ case: "errorResponse", value: { errorCode: Code.NotFound } });
    expect(blank(first, hidden)).toBe(blank(second, absent));
  });

  test("the same names exist for an administrator", async () => {
    const names = [
      "t.Secret",
      "t.Mixed.Hide",
      "t.Secret.Hide",
      "t.HideRequest",
      "t.Outer.Inner",
      "t.HiddenKind",
    ];
    const answers = await ask("ADMIN", ...names.map(symbol), file("t/only-hidden.proto"));
    expect(new Set(answers.map((answer) => answer.case))).toEqual(
      new Set(["fileDescriptorResponse"]),
    );
  });

  test("a file that only others import is not there for who sees none of them", async () => {
    const [answer] = await ask("PUBLIC", file("t/common.proto"));
    expect(answer).toMatchObject({ case: "errorResponse", value: { errorCode: Code.NotFound } });
  });
});

describe("a stream", () => {
  test("gets the file that was asked for first, and no import twice", async () => {
    const answers = await ask("ADMIN", symbol("t.Mixed"), symbol("t.Shared"), symbol("t.Mixed"));
    const [first, second, third] = answers.map((answer) => filesIn(answer).map(({ name }) => name));
    expect(first?.[0]).toBe("t/service.proto");
    expect(first?.slice(1).toSorted()).toEqual([
      "google/protobuf/descriptor.proto",
      "metal/rbac/v1/rbac.proto",
      "t/common.proto",
      "t/extension.proto",
      "t/only-hidden.proto",
    ]);
    expect(second).toEqual(["t/common.proto"]);
    expect(third).toEqual(["t/service.proto"]);
  });

  test("finds extensions", async () => {
    const extendee = "google.protobuf.MessageOptions";
    const extension = (containingType: string, extensionNumber: number): Question => ({
      case: "fileContainingExtension",
      value: { containingType, extensionNumber },
    });
    const all = (value: string): Question => ({ case: "allExtensionNumbersOfType", value });
    const [found, wrongNumber, wrongType, numbers, none, unknown] = await ask(
      "VIEWER",
      extension(extendee, 50_000),
      extension(extendee, 50_001),
      extension("t.HideRequest", 50_000),
      all(extendee),
      all("t.Shared"),
      all("t.HideRequest"),
    );
    expect(filesIn(found)[0]?.name).toBe("t/extension.proto");
    expect(wrongNumber).toMatchObject({ value: { errorCode: Code.NotFound } });
    expect(wrongType).toMatchObject({ value: { errorCode: Code.NotFound } });
    expect(numbers).toMatchObject({ value: { baseTypeName: extendee, extensionNumber: [50_000] } });
    expect(none).toMatchObject({ value: { baseTypeName: "t.Shared", extensionNumber: [] } });
    expect(unknown).toMatchObject({ case: "errorResponse", value: { errorCode: Code.NotFound } });
  });

  test("goes on after a question that it does not know", async () => {
    const [unknown, known] = await ask(
      "PUBLIC",
      { case: undefined },
      { case: "listServices", value: "" },
    );
    expect(unknown).toMatchObject({
      case: "errorResponse",
      value: { errorCode: Code.Unimplemented },
    });
    expect(namesOf(known)).toEqual(open);
  });

  test("ends after a thousand questions, with a reason", async () => {
    const many = Array.from({ length: 1_005 }, () => symbol("t.Absent"));
    const answers = await ask("PUBLIC", ...many);
    expect(answers).toHaveLength(1_001);
    expect(answers.at(-2)).toMatchObject({ value: { errorCode: Code.NotFound } });
    expect(answers.at(-1)).toMatchObject({ value: { errorCode: Code.ResourceExhausted } });
  });
});

describe("buf curl", () => {
  const run = promisify(execFile);
  const buf = async (role: RoleName, ...args: string[]): Promise<string[]> => {
    const header = ["--reflect-header", `x-role: ${role}`, "--http2-prior-knowledge"];
    const { stdout } = await run("node_modules/.bin/buf", ["curl", ...header, ...args]);
    return stdout.trim().split("\n");
  };

  test("lists services and RPCs", async () => {
    const how = ["--reflect-protocol", "grpc-v1"];
    expect(await buf("VIEWER", ...how, "--list-services", server.url)).toEqual(
      [...open, "t.Mixed"].sort(),
    );
    expect(await buf("VIEWER", ...how, "--list-methods", server.url)).toContain("t.Mixed/Show");
    expect(await buf("VIEWER", ...how, "--list-methods", server.url)).not.toContain("t.Mixed/Hide");
    expect(await buf("ADMIN", ...how, "--list-methods", server.url)).toContain("t.Mixed/Hide");
  });

  test("calls by what it was shown", async () => {
    const url = `${server.url}/grpc.health.v1.Health/Check`;
    const answer = await buf("PUBLIC", "--protocol", "grpc", "-d", "{}", url);
    expect(JSON.parse(answer.join(""))).toEqual({});
  });

  test("does not find what it was not shown", async () => {
    const call = buf("PUBLIC", "--protocol", "grpc", "-d", "{}", `${server.url}/t.Mixed/Show`);
    await expect(call).rejects.toMatchObject({ stderr: expect.stringContaining("t.Mixed") });
  });
});

describe("a view", () => {
  const service = reflectionService(services, mayCall);

  async function bytesFor(role: RoleName): Promise<Uint8Array | undefined> {
    const values = createContextValues().set(principalKey, caller(role));
    const request = create(ServerReflectionRequestSchema, { messageRequest: symbol("t.Public") });
    for await (const { messageResponse } of service.serverReflectionInfo(stream([request]), {
      values,
    })) {
      if (messageResponse.case !== "fileDescriptorResponse") break;
      return messageResponse.value.fileDescriptorProto?.[0];
    }
    return undefined;
  }

  test("is made once for all who may call the same", async () => {
    const first = await bytesFor("VIEWER");
    expect(first).toBeInstanceOf(Uint8Array);
    expect(await bytesFor("VIEWER")).toBe(first);
    expect(await bytesFor("ADMIN")).not.toBe(first);
    expect(await bytesFor("VIEWER")).toBe(first);
  });
});

describe("of the real schema", () => {
  const rpcsOf = (all: Iterable<DescService>) =>
    [...all].flatMap(({ methods }) => methods.map(procedureOf)).sort();

  test.each([undefined, ...roles])(
    "role %p sees a complete schema of exactly what it may call",
    async (role) => {
      const real = await realServices();
      expect(real.length).toBeGreaterThan(5);
      const principal = role && {
        ...caller("ADMIN"),
        id: "",
        name: "",
        credential: anything,
        role,
      };
      const shown = rpcsOf(real).filter((rpc) => decide(rulesByName[rpc], principal).allowed);
      const files = prune(real, new Set(shown));
      const schema = createFileRegistry(create(FileDescriptorSetSchema, { file: [...files] }));
      const seen = [...schema].filter((type) => type.kind === "service");
      expect(rpcsOf(seen)).toEqual(shown);
    },
  );
});

const anything = { kind: "test", label: "test" };
const rulesByName: RuleTable = rules;

/** Every service of ours, whether it is served or not. */
async function realServices(): Promise<DescService[]> {
  const names = readdirSync("gen/metal/v1").filter((name) => name.endsWith("_pb.ts"));
  const modules: Record<string, unknown>[] = await Promise.all(
    names.map((name) => import(`../../gen/metal/v1/${name}`)),
  );
  return modules.flatMap((module) => Object.values(module).filter(isService));
}

function isService(value: unknown): value is DescService {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === "service";
}

function symbol(value: string): Question {
  return { case: "fileContainingSymbol", value };
}

function file(value: string): Question {
  return { case: "fileByFilename", value };
}
