// `metal access list`: who may call what, as a matrix.
import { type AccessDecision, AccessDecisionSchema } from "../../gen/metal/v1/access_pb.ts";
import { UsageError } from "./errors.ts";
import { kindOf } from "./naming.ts";
import { printList } from "./output.ts";
import { Role, roleWord } from "./rule.ts";
import { rulesOf } from "./rules.ts";
import { services } from "./services.ts";
import type { Session } from "./session.ts";
import { linesOf } from "./table.ts";

const columns = [Role.PUBLIC, Role.AUTHENTICATED, Role.VIEWER, Role.EDITOR, Role.ADMIN] as const;
/** The roles that an identity can hold. */
const heldRoles = [Role.VIEWER, Role.EDITOR, Role.ADMIN] as const;

/**
 * Prints a row for each service, its RPCs below the least role that may call them; in format "wide" a row for each RPC.
 * Throws UsageError for what is no service.
 */
export async function accessList(
  { service, mine }: { readonly service: string; readonly mine: boolean },
  session: Session,
): Promise<void> {
  const decisions = await rulesOf(session, { service: serviceNamed(service), allowedOnly: mine });
  const { io, style } = session;
  const wanted = style("table");
  const { format, headers } = wanted;
  if (format === "json" || format === "yaml")
    return io.stdout(printList(AccessDecisionSchema, decisions, wanted));
  const [titles, rows] = format === "wide" ? byRpc(decisions) : byService(decisions);
  io.stdout(linesOf(headers ? [titles, ...rows] : rows));
}

type Matrix = readonly [titles: readonly string[], rows: readonly (readonly string[])[]];

function byService(decisions: readonly AccessDecision[]): Matrix {
  const groups = Map.groupBy(decisions, ({ rule }) => partsOf(rule?.procedure).service);
  const rows = [...groups].map(([service, its]) => [
    service,
    ...columns.map((role) =>
      its
        .filter(({ rule }) => rule?.minRole === role)
        .map(rpcName)
        .join("\n"),
    ),
  ]);
  return [["SERVICE", ...columns.map(title)], rows];
}

function byRpc(decisions: readonly AccessDecision[]): Matrix {
  const rows = decisions.map(({ rule, allowed }) => [
    rule?.procedure ?? "",
    ...heldRoles.map((role) => yes(role >= (rule?.minRole ?? Role.ADMIN))),
    yes(allowed),
    rule?.components.join(", ") ?? "",
  ]);
  return [["RPC", ...heldRoles.map(title), "YOU", "ONLY"], rows];
}

function rpcName({ rule }: AccessDecision): string {
  const { method } = partsOf(rule?.procedure);
  const components = rule?.components ?? [];
  return components.length === 0 ? method : `${method} (${components.join(", ")})`;
}

function partsOf(procedure = ""): { readonly service: string; readonly method: string } {
  const [service = "", method = ""] = procedure.split("/");
  return { service, method };
}

const title = (role: Role) => roleWord(role).toUpperCase();
const yes = (is: boolean) => (is ? "yes" : "-");

function serviceNamed(text: string): string {
  if (text === "" || text.includes(".")) return text;
  const word = text.toLowerCase();
  const found = services.find((service) =>
    [kindOf(service), service.name.toLowerCase()].includes(word),
  );
  if (found) return found.typeName;
  throw new UsageError(`no service "${text}"; there are: ${services.map(kindOf).join(", ")}`);
}
