// What a handler demands beyond the rule of its RPC, for a request that asks for more than others do, or about one
// machine. A caller that lacks it is refused, told and recorded as by the rule itself.
import { type ContextValues, createContextKey } from "@connectrpc/connect";
import type { Call } from "./call.ts";
import type { RefusalReason } from "./decide.ts";
import { notDecided } from "./refusal.ts";
import { type Listeners, refuseLater } from "./report.ts";
import { atLeast, Role } from "./role.ts";
import type { Procedure } from "./rule.ts";

/** Refuses the call of a context. `lacking` is the call as the refusal is to tell of it. */
type Refuse = (lacking: Call, reason: RefusalReason) => Promise<never>;

interface Demand {
  readonly call: Call;
  readonly refuse: Refuse;
}

const demandKey = createContextKey<Demand | undefined>(undefined, {
  description: "refuses the call if its caller lacks what the handler demands",
});

/** Lets the handler of `call` make demands. */
export function offerDemand(listeners: Listeners, call: Call, values: ContextValues): void {
  const refuse: Refuse = async (lacking, reason) => {
    const { error, told } = refuseLater(listeners, lacking, values)(reason);
    await told;
    throw error;
  };
  values.set(demandKey, { call, refuse });
}

/** Refuses the call with permission_denied unless its caller holds `role` or one above. */
export async function demandRole(values: ContextValues, role: Role): Promise<void> {
  const { call, refuse } = demandOf(values);
  if (atLeast(call.principal?.role ?? Role.PUBLIC, role)) return;
  await refuse({ ...call, rule: call.rule && { ...call.rule, minRole: role } }, "ROLE_TOO_LOW");
}

/**
 * Refuses the call with permission_denied if its caller is limited to some RPCs, and `procedures` has others or is
 * undefined, which means all.
 */
export async function demandProcedures(
  values: ContextValues,
  procedures: ReadonlySet<Procedure> | undefined,
): Promise<void> {
  const { call, refuse } = demandOf(values);
  const own = call.principal?.procedures;
  const isHeld = procedures && own && [...procedures].every((procedure) => own.has(procedure));
  if (own !== undefined && !isHeld) await refuse(call, "NOT_GRANTED");
}

/** Refuses the call with permission_denied if its caller speaks for one machine, and any of `ids` is another. */
export async function demandMachines(values: ContextValues, ids: Iterable<string>): Promise<void> {
  const { call, refuse } = demandOf(values);
  const own = call.principal?.machine?.toLowerCase();
  if (own === undefined) return;
  for (const id of ids) if (id.toLowerCase() !== own) await refuse(call, "WRONG_MACHINE");
}

function demandOf(values: ContextValues): Demand {
  const demand = values.get(demandKey);
  if (demand === undefined) throw notDecided();
  return demand;
}
