// Callers by their client certificate, through a whole server: who they are, what an Authorization header beside it
// means, and what the audit keeps.
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { createClient, type Interceptor } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { Health } from "../gen/grpc/health/v1/health_pb.ts";
import { AccessService } from "../gen/metal/v1/access_pb.ts";
import { AuditService } from "../gen/metal/v1/audit_pb.ts";
import { MachineService } from "../gen/metal/v1/machine_pb.ts";
import { PartitionService } from "../gen/metal/v1/partition_pb.ts";
import { type App, createApp } from "../src/app.ts";
import type { CertificateUser } from "../src/auth/certificate.ts";
import { parseSubject } from "../src/auth/certificate-subject.ts";
import { createTlsFront } from "../src/http/tls.ts";
import { Role } from "../src/rbac/role.ts";
import { componentNamed } from "../src/services/user/limit.ts";
import { openMemoryStore } from "../src/store/sqlite.ts";
import { failure } from "./world/failure.ts";
import { credentials, silent, users } from "./world/server.ts";
import { createAuthority, issue, type Wish } from "./x509.ts";

const authority = createAuthority("authority of the test");
const uuid = "11111111-2222-3333-4444-55555555abcd";
const user = (text: string, name: string, role: Role): CertificateUser => {
  const subject = parseSubject(text);
  if (subject === undefined) throw new Error(text);
  return { subject, name, role };
};
const certificateUsers = [
  user("CN=operator", "operator", Role.ADMIN),
  { ...user("CN={machine}", "hammer", Role.VIEWER), component: "metal-hammer" },
  user("DNS={machine}.machines", "stranger", Role.ADMIN),
];

let app: App;
let baseUrl = "";
let clockMs: number | undefined;

beforeAll(async () => {
  const { front } = createTlsFront({
    material: { ...issue(authority), clientCa: authority.cert },
    minVersion: "TLSv1.2",
    clientCertificates: "optional",
  });
  app = await createApp({
    store: await openMemoryStore(),
    users: Object.values(users),
    certificateUsers,
    issuers: [],
    providerTenant: "metal",
    version: "0.0.0-test",
    log: silent,
    port: { front },
    now: () => clockMs ?? Date.now(),
  });
  const { port } = await app.listen("127.0.0.1", 0);
  baseUrl = `https://localhost:${port}`;
});
afterAll(() => app.close(0));

/** A transport with a certificate, or without, that sends these headers. */
function transport(wish?: Wish, headers: Readonly<Record<string, string>> = {}) {
  const send: Interceptor = (next) => (request) => {
    for (const [name, value] of Object.entries(headers)) request.header.set(name, value);
    return next(request);
  };
  const nodeOptions = { ca: authority.cert, ...(wish && issue(authority, wish)) };
  return createGrpcTransport({ baseUrl, nodeOptions, interceptors: [send] });
}

const whoAmI = async (...args: Parameters<typeof transport>) =>
  (await createClient(AccessService, transport(...args)).whoAmI({})).id;
const refused = (...args: Parameters<typeof transport>) =>
  failure(createClient(AccessService, transport(...args)).whoAmI({}));

describe("the identity of a machine", () => {
  const hammer = () => transport({ commonNames: [uuid] });

  test("may call what its component calls, about itself, and nothing else that its role admits", async () => {
    const machines = createClient(MachineService, hammer());
    expect(await failure(machines.get({ id: uuid }))).toMatch(/^NotFound/);
    expect(await failure(machines.get({ id: uuid.replace("1", "2") }))).toMatch(
      /^PermissionDenied/,
    );
    for (const call of [machines.list({}), createClient(AuditService, hammer()).list({})])
      expect(await failure(call)).toMatch(/^PermissionDenied/);
    const { decisions } = await createClient(AccessService, hammer()).listRules({
      allowedOnly: true,
    });
    const needsRole = decisions.filter(({ rule }) => (rule?.minRole ?? 0) >= Role.VIEWER);
    expect(needsRole.map(({ rule }) => rule?.procedure ?? "").sort()).toEqual(
      Object.keys(componentNamed("metal-hammer")?.calls ?? {}).sort(),
    );
  });

  test("may call nothing that needs a role without a component", async () => {
    const machine = transport({ dnsNames: [`${uuid}.machines`] });
    expect((await createClient(AccessService, machine).whoAmI({})).name).toBe(`stranger/${uuid}`);
    expect(await failure(createClient(MachineService, machine).get({ id: uuid }))).toMatch(
      /^PermissionDenied/,
    );
  });
});

describe("without an Authorization header", () => {
  test("a certificate says who calls", async () => {
    expect(await whoAmI({ commonNames: ["operator"] })).toBe("cert:operator");
    expect(await whoAmI({ commonNames: [uuid] })).toBe(`cert:hammer/${uuid}`);
  });

  test("a certificate carries its role and no more", async () => {
    const create = (name: string) => {
      const partitions = createClient(PartitionService, transport({ commonNames: [name] }));
      return failure(partitions.create({ partition: { id: `by-${name.slice(0, 8)}` } }));
    };
    expect(await create("operator")).toBe("no failure");
    expect(await create(uuid)).toContain("PermissionDenied: ");
  });

  test("a certificate that names nobody is no credential: what is public is public", async () => {
    const stranger = { commonNames: ["stranger"] };
    expect(await refused(stranger)).toContain("Unauthenticated: ");
    expect(await failure(createClient(Health, transport(stranger)).check({}))).toBe("no failure");
  });

  test("a certificate that ended while its connection was open is refused", async () => {
    const operator = createClient(AccessService, transport({ commonNames: ["operator"] }));
    expect(await failure(operator.whoAmI({}))).toBe("no failure");
    clockMs = Date.now() + 48 * 3_600_000;
    expect(await failure(operator.whoAmI({}))).toBe("Unauthenticated: invalid credentials");
    clockMs = undefined;
    expect(await failure(operator.whoAmI({}))).toBe("no failure");
  });
});

describe("beside an Authorization header", () => {
  const operator = { commonNames: ["operator"] };

  test("a certificate says nothing about who calls", async () => {
    expect(await whoAmI(operator, credentials("view", "POST"))).toBe("hmac:Metal-View");
    expect(await whoAmI(undefined, credentials("view", "POST"))).toBe("hmac:Metal-View");
  });

  test("a certificate does not save a bad credential", async () => {
    const expected = "Unauthenticated: invalid credentials";
    expect(await refused(operator, credentials("bad", "POST"))).toBe(expected);
    expect(await refused(operator, { authorization: "" })).toBe(expected);
  });
});

test("the audit keeps the certificate of whoever called, whichever credential counted", async () => {
  const operator = { commonNames: ["operator"] };
  await refused(operator, credentials("bad", "POST"));
  const audit = createClient(AuditService, transport(operator));
  const { records } = await audit.list({});
  expect(records.find(({ decision }) => decision === "BAD_CREDENTIAL")?.peer).toMatch(
    /^127\.0\.0\.1:\d+ \(certificate CN=operator, sha256:[0-9a-f]{16}\)$/,
  );
  expect(records.find(({ principal }) => principal === "cert:operator")).toMatchObject({
    credential: expect.stringMatching(/^client certificate CN=operator \([0-9a-f]{16}\)$/),
  });
});

test("those who are known by a certificate are known to hold their role", async () => {
  const access = createClient(AccessService, transport({ commonNames: ["operator"] }));
  const { users: may } = await access.whoCan({ procedure: "metal.v1.PartitionService/Create" });
  expect(may).toEqual(["Metal-Admin", "operator"]);
});
