// A small schema with everything that pruning has to tell apart, and a server that reflects it.
import {
  create,
  createFileRegistry,
  type DescService,
  type MessageInitShape,
  setExtension,
} from "@bufbuild/protobuf";
import {
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
  type FieldDescriptorProtoSchema,
  type FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
  file_google_protobuf_descriptor,
  type MethodDescriptorProtoSchema,
  MethodOptionsSchema,
} from "@bufbuild/protobuf/wkt";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { Health } from "../../../gen/grpc/health/v1/health_pb.ts";
import { ServerReflection } from "../../../gen/grpc/reflection/v1/reflection_pb.ts";
import { file_metal_rbac_v1_rbac, min_role } from "../../../gen/metal/rbac/v1/rbac_pb.ts";
import { createHttpServer, type HttpServer } from "../../../src/http/one-port.ts";
import { principalKey } from "../../../src/rbac/call.ts";
import type { Principal } from "../../../src/rbac/principal.ts";
import { atLeast, Role } from "../../../src/rbac/role.ts";
import type { Procedure } from "../../../src/rbac/rule.ts";
import { grpcHealthService } from "../../../src/services/grpc-health.ts";
import { createHealthState } from "../../../src/services/health-state.ts";
import { type MayCall, reflectionService } from "../../../src/services/reflection.ts";

/** Who may call what in this schema. */
export const minRoles: Readonly<Record<Procedure, Role>> = {
  "/t.Mixed/Show": Role.VIEWER,
  "/t.Mixed/Hide": Role.ADMIN,
  "/t.Secret/Hide": Role.ADMIN,
  "/t.Public/Ask": Role.PUBLIC,
  "/grpc.health.v1.Health/Check": Role.PUBLIC,
  "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo": Role.PUBLIC,
};

export const mayCall: MayCall = (principal, procedure) =>
  atLeast(principal?.role ?? Role.PUBLIC, minRoles[procedure] ?? Role.ADMIN);

const field = (
  name: string,
  typeName: string,
  more: MessageInitShape<typeof FieldDescriptorProtoSchema> = {},
) => ({ name, number: 1, label: Label.OPTIONAL, type: Type.MESSAGE, typeName, ...more });

function rpc(
  name: string,
  types: { input: string; output: string; role: Role },
): MessageInitShape<typeof MethodDescriptorProtoSchema> {
  const options = create(MethodOptionsSchema);
  setExtension(options, min_role, types.role);
  return { name, inputType: types.input, outputType: types.output, options };
}

const files: ReadonlyArray<MessageInitShape<typeof FileDescriptorProtoSchema>> = [
  {
    name: "t/only-hidden.proto",
    package: "t",
    syntax: "proto3",
    messageType: [{ name: "HideResponse" }],
  },
  {
    name: "t/extension.proto",
    package: "t",
    syntax: "proto3",
    dependency: ["google/protobuf/descriptor.proto"],
    messageType: [{ name: "OptionValue" }],
    extension: [
      field("note", ".t.OptionValue", {
        number: 50_000,
        extendee: ".google.protobuf.MessageOptions",
      }),
    ],
  },
  {
    name: "t/common.proto",
    package: "t",
    syntax: "proto3",
    messageType: [
      { name: "Shared" },
      { name: "HideRequest", field: [field("deep", ".t.Outer.Inner")] },
      {
        name: "Outer",
        nestedType: [
          { name: "Inner", field: [field("kind", ".t.HiddenKind", { type: Type.ENUM })] },
        ],
      },
      { name: "UsedByNoRpc", field: [field("part", ".t.PartOfThat")] },
      { name: "PartOfThat" },
    ],
    enumType: [{ name: "HiddenKind", value: [{ name: "HIDDEN_KIND_UNSPECIFIED", number: 0 }] }],
  },
  {
    name: "t/service.proto",
    package: "t",
    syntax: "proto3",
    dependency: [
      "t/only-hidden.proto",
      "t/common.proto",
      "t/extension.proto",
      "metal/rbac/v1/rbac.proto",
    ],
    publicDependency: [1],
    weakDependency: [0],
    messageType: [
      { name: "ShowRequest", field: [field("shared", ".t.Shared")] },
      { name: "ShowResponse" },
    ],
    service: [
      {
        name: "Secret",
        method: [
          rpc("Hide", { input: ".t.HideRequest", output: ".t.HideResponse", role: Role.ADMIN }),
        ],
      },
      {
        name: "Mixed",
        method: [
          rpc("Hide", { input: ".t.HideRequest", output: ".t.PartOfThat", role: Role.ADMIN }),
          rpc("Show", { input: ".t.ShowRequest", output: ".t.ShowResponse", role: Role.VIEWER }),
        ],
      },
    ],
    sourceCodeInfo: { location: [{ path: [6, 0], leadingComments: "about Secret" }] },
  },
  {
    name: "t/public.proto",
    package: "t",
    syntax: "proto3",
    dependency: ["metal/rbac/v1/rbac.proto"],
    messageType: [{ name: "Question" }],
    service: [
      {
        name: "Public",
        method: [rpc("Ask", { input: ".t.Question", output: ".t.Question", role: Role.PUBLIC })],
      },
    ],
  },
];

const registry = createFileRegistry(
  create(FileDescriptorSetSchema, {
    file: [file_google_protobuf_descriptor.proto, file_metal_rbac_v1_rbac.proto, ...files],
  }),
);

/** The services of the schema, and those of the server itself. */
export const services: readonly DescService[] = [
  ...["t.Mixed", "t.Secret", "t.Public"].map((name) => {
    const service = registry.getService(name);
    if (service === undefined) throw new Error(`no service "${name}"`);
    return service;
  }),
  Health,
  ServerReflection,
];

/** A caller with a role; "PUBLIC" is nobody. */
export function caller(role: keyof typeof Role): Principal | undefined {
  if (role === "PUBLIC") return undefined;
  const credential = { kind: "test", label: "test" };
  return { id: `test:${role}`, name: role, role: Role[role], credential };
}

/** A server whose gate believes the header x-role. */
export async function startReflection(): Promise<HttpServer & { readonly url: string }> {
  const server = createHttpServer({
    listener: connectNodeAdapter({
      routes: (router) => {
        router.service(ServerReflection, reflectionService(services, mayCall));
        router.service(Health, grpcHealthService(createHealthState()));
      },
      requestGate: ({ requestHeader, values }) => {
        const role = requestHeader.get("x-role") ?? "PUBLIC";
        values.set(principalKey, caller(role as keyof typeof Role));
      },
    }),
  });
  const { port } = await server.listen("127.0.0.1", 0);
  return { ...server, url: `http://127.0.0.1:${port}` };
}
