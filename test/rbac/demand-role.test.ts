import { Code, ConnectError, createContextValues } from "@connectrpc/connect";
import { expect, test } from "@jest/globals";
import type { Call } from "../../src/rbac/call.ts";
import { demandRole, offerDemand } from "../../src/rbac/demand.ts";
import { Role } from "../../src/rbac/role.ts";

const call = (role: Role | undefined): Call => ({
  traceId: "t",
  startedAt: new Date(0),
  protocol: "connect",
  procedure: "/x.Y/Z",
  rule: {
    minRole: Role.AUTHENTICATED,
    kind: "unary",
    read: true,
    audit: "refusals",
    auditBecause: "",
    reason: false,
    components: [],
    scope: "",
    source: "x.proto:1",
  },
  principal:
    role === undefined
      ? undefined
      : { id: "p", name: "p", role, credential: { kind: "test", label: "" } },
  decision: { allowed: true },
  detail: "",
  messageChecks: [],
});

/** What becomes of a demand for Editor by a caller of `role`, and what the listeners are told. */
async function demanded(role: Role | undefined) {
  const told: Call[] = [];
  const values = createContextValues();
  offerDemand({ onDecision: (decided) => void told.push(decided) }, call(role), values);
  const error = await demandRole(values, Role.EDITOR).then(
    () => undefined,
    (reason: unknown) => ConnectError.from(reason),
  );
  return { error, told };
}

test.each([Role.EDITOR, Role.ADMIN])("role %i fulfils a demand for Editor", async (role) => {
  expect(await demanded(role)).toEqual({ error: undefined, told: [] });
});

test.each([undefined, Role.AUTHENTICATED, Role.VIEWER])(
  "role %p does not, and the refusal is told before it takes effect",
  async (role) => {
    const { error, told } = await demanded(role);
    expect(error?.code).toBe(Code.PermissionDenied);
    expect(error?.rawMessage).toMatch(/^x\.Y\/Z needs role Editor, you have /);
    expect(told).toMatchObject([
      {
        decision: { allowed: false, reason: "ROLE_TOO_LOW" },
        rule: { minRole: Role.EDITOR },
        traceId: "t",
      },
    ]);
  },
);

test("without an enforcer nothing is fulfilled", async () => {
  const error = await demandRole(createContextValues(), Role.PUBLIC).catch((reason: unknown) =>
    ConnectError.from(reason),
  );
  expect(error).toMatchObject({ code: Code.Internal });
});
