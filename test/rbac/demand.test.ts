// What handlers demand beyond the rule: refused, told and recorded like everything else.
import { afterEach, expect, test } from "@jest/globals";
import { demandMachines } from "../../src/rbac/demand.ts";
import { Role } from "../../src/rbac/role.ts";
import { always, principal, type Running, start, verdict } from "./library.ts";

let server: Running | undefined;
afterEach(() => server?.close());

const own = "00000000-0000-4000-8000-00000000000a";
const other = "00000000-0000-4000-8000-00000000000b";

/** A server whose books are machines, for a caller that speaks for `machine`, or for nobody in particular. */
async function running(machine?: string): Promise<Running> {
  const caller = principal("agent", { role: Role.EDITOR, ...(machine && { machine }) });
  server = await start({
    authenticate: always(caller),
    implementation: {
      lend: async ({ isbn }, { values }) => {
        await demandMachines(values, isbn.split(" "));
        return {};
      },
    },
  });
  return server;
}

test("an identity of one machine speaks for that machine, however its id is written", async () => {
  const { client } = await running(own);
  expect(await verdict(client().lend({ isbn: own }))).toBe("allowed");
  expect(await verdict(client().lend({ isbn: own.toUpperCase() }))).toBe("allowed");
});

test("it is refused about another one, even beside its own, and that is told", async () => {
  const { client, decisions } = await running(own);
  for (const isbn of [other, `${own} ${other}`, ""])
    expect(await verdict(client().lend({ isbn }))).toBe("PermissionDenied WRONG_MACHINE");
  expect(decisions.filter(({ decision }) => !decision.allowed)).toHaveLength(3);
});

test("an identity that belongs to no machine speaks for all of them", async () => {
  const { client } = await running();
  expect(await verdict(client().lend({ isbn: `${own} ${other}` }))).toBe("allowed");
});
