// `metal who-can`: which roles, users and groups suffice for an RPC.
import { create } from "@bufbuild/protobuf";
import {
  type AccessGrant,
  AccessService,
  type AccessServiceWhoCanResponse,
  AccessServiceWhoCanRequestSchema,
  AccessServiceWhoCanResponseSchema,
} from "../../gen/metal/v1/access_pb.ts";
import { proceduresOf } from "./can-i.ts";
import { UsageError } from "./errors.ts";
import { printOne } from "./output.ts";
import { Role, roleWord } from "./rule.ts";
import type { Session } from "./session.ts";
import { linesOf } from "./table.ts";

/** Prints who may call the RPC that `words` name. Throws UsageError if they name none or several. */
export async function whoCan(words: readonly string[], { api, io, style }: Session): Promise<void> {
  const [procedure = "", ...others] = proceduresOf(words);
  if (others.length > 0) throw new UsageError("who-can takes one RPC");
  const request = create(AccessServiceWhoCanRequestSchema, { procedure });
  const call = { method: AccessService.method.whoCan, request, subject: "who-can" };
  const answer = (await api.unary(call)) as AccessServiceWhoCanResponse;
  const wanted = style("table");
  if (wanted.format === "json" || wanted.format === "yaml")
    return io.stdout(printOne(AccessServiceWhoCanResponseSchema, answer, wanted));
  const { rule, roles, users, grants } = answer;
  const components = rule?.components ?? [];
  const only = components.length === 0 ? [] : [["only", components.join(", ")]];
  io.stdout(
    linesOf([
      ["rpc", rule?.procedure ?? ""],
      ["roles", roles.map(roleWord).join(", ")],
      ...only,
      ["users", users.join(", ") || everybody(rule?.minRole)],
      ["groups", grants.map(shown).join("\n") || "none"],
      ["rule", rule?.source ?? ""],
    ]),
  );
}

const everybody = (role: Role | undefined) => (role === Role.PUBLIC ? "everybody" : "none");

const shown = ({ issuer, value, role }: AccessGrant) =>
  `${value} of ${issuer}, with role ${roleWord(role)}`;
