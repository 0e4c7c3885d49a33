// The rules as the server tells them.
import { create } from "@bufbuild/protobuf";
import {
  type AccessDecision,
  AccessService,
  AccessServiceListRulesRequestSchema,
} from "../../gen/metal/v1/access_pb.ts";
import { CommandError } from "./errors.ts";
import { allPages } from "./pages.ts";
import type { Session } from "./session.ts";
import { answerShape } from "./shape.ts";

/** Every rule, or those of a service by its full name, and whether the caller fulfils it. Throws CallError. */
export async function rulesOf(
  { api }: Pick<Session, "api">,
  { service = "", allowedOnly = false } = {},
): Promise<AccessDecision[]> {
  const method = AccessService.method.listRules;
  const request = create(AccessServiceListRulesRequestSchema, { service, allowedOnly });
  const { rows } = answerShape(method);
  if (rows === undefined) throw new CommandError("the answer of ListRules holds no list");
  const decisions = await allPages({ method, request, subject: "access list" }, rows, { api });
  return decisions as AccessDecision[];
}
