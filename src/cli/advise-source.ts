// `metal advise --source`: which role a client needs, by its source code and by the rules that this program was built
// with. It needs no server.
import { resolve } from "node:path";
import { rules } from "../../gen/rbac/rules.ts";
import { leastRole } from "../rbac/policy/need.ts";
import { type Policy, policyOfTable } from "../rbac/policy/policy.ts";
import type { Plain } from "./document/encode.ts";
import { documentText } from "./document/format.ts";
import { CommandError } from "./errors.ts";
import { roleWord } from "./rule.ts";
import type { Session } from "./session.ts";
import { callsIn, type SourceCall, type SourceReading } from "./source/call.ts";
import type { Service } from "./source/client.ts";
import { sourceFiles } from "./source/files.ts";
import { linesOf } from "./table.ts";

/**
 * Prints the RPCs that the source code in `folder` can call, where, and the least role for them. Throws UsageError if
 * there is no such folder, CommandError if there are no calls in it.
 */
export async function adviseOnSource(folder: string, { io, style }: Session): Promise<void> {
  const policy = policyOfTable(rules);
  const reading = callsIn(await sourceFiles(resolve(io.cwd, folder), folder), servicesOf(policy));
  for (const { service, path, line } of reading.unfollowed)
    io.stderr(`note: ${path}:${line} has a client of ${service} whose calls were not found\n`);
  if (reading.calls.length === 0) throw new CommandError(`no call of this API in ${folder}`);
  const { format, headers } = style("table");
  io.stdout(documentText(plain(reading, policy), format) ?? report(reading.calls, policy, headers));
}

function servicesOf(policy: Policy): Service[] {
  const groups = Map.groupBy(policy.keys(), (procedure) => procedure.split("/")[0] ?? "");
  return [...groups].map(([typeName, procedures]) => ({
    typeName,
    name: typeName.split(".").at(-1) ?? typeName,
    methods: procedures.map((procedure) => procedure.split("/")[1] ?? ""),
  }));
}

function plain({ calls, unfollowed }: SourceReading, policy: Policy): Plain {
  const groups = [...Map.groupBy(calls, ({ procedure }) => procedure)];
  const rpcs = groups.map(([procedure, places]) => ({
    procedure,
    minRole: needed(policy, procedure).toLowerCase(),
    components: [...(policy.get(procedure)?.components ?? [])],
    places: places.map(placeText),
  }));
  const enough = roleWord(
    leastRole(
      policy,
      calls.map(({ procedure }) => procedure),
    ),
  ).toLowerCase();
  return { enough, rpcs, unfollowed: unfollowed.map((one) => ({ ...one })) };
}

function report(calls: readonly SourceCall[], policy: Policy, headers: boolean): string {
  const groups = [...Map.groupBy(calls, ({ procedure }) => procedure)];
  const rows = groups.map(([procedure, places]) => [
    procedure,
    needed(policy, procedure),
    places.map(placeText).join("\n"),
  ]);
  const enough = roleWord(
    leastRole(
      policy,
      groups.map(([procedure]) => procedure),
    ),
  );
  const table = linesOf(headers ? [["RPC", "NEEDS", "CALLED AT"], ...rows] : rows);
  return `${table}${enough} is enough${onlyFor(
    groups.map(([procedure]) => procedure),
    policy,
  )}\n`;
}

function needed(policy: Policy, procedure: string): string {
  const rule = policy.get(procedure);
  return rule ? roleWord(rule.minRole) : "Unserved";
}

/** Some RPCs are for components alone, whatever the role: the components that may call all that were found. */
function onlyFor(procedures: readonly string[], policy: Policy): string {
  const limits = procedures
    .map((procedure) => policy.get(procedure)?.components ?? [])
    .filter((components) => components.length > 0);
  const [first] = limits;
  if (first === undefined) return "";
  const common = first.filter((name) => limits.every((components) => components.includes(name)));
  if (common.length === 0) return "; no single component may call all of it";
  return `, for an identity marked as ${common.join(" or ")}`;
}

const placeText = ({ path, line }: SourceCall) => `${path}:${line}`;
