// `metal can-i`: asks the server whether RPCs may be called, without calling them.
import { create, type DescMethod, type DescService } from "@bufbuild/protobuf";
import {
  type AccessDecision,
  AccessDecisionSchema,
  AccessService,
  type AccessServiceCheckResponse,
  AccessServiceCheckRequestSchema,
} from "../../gen/metal/v1/access_pb.ts";
import { exitCode, SilentExit, UsageError } from "./errors.ts";
import { kindOf, procedureOf, verbOf } from "./naming.ts";
import { printList } from "./output.ts";
import { neededRole, Role, roleWord } from "./rule.ts";
import { services } from "./services.ts";
import type { Session } from "./session.ts";

/**
 * Prints yes or no for each RPC, for the caller or for the configured user `user`. Ends with status 3 if one is refused.
 * Throws UsageError for what is no RPC.
 */
export async function canI(
  words: readonly string[],
  { api, io, style }: Session,
  user = "",
): Promise<void> {
  const procedures = proceduresOf(words);
  const request = create(AccessServiceCheckRequestSchema, { procedures, as: user });
  const method = AccessService.method.check;
  const as = user === "" ? strongestRole(procedures) : Role.VIEWER;
  const answer = await api.unary({ method, request, subject: "can-i", as });
  const { decisions } = answer as AccessServiceCheckResponse;
  const wanted = style("table");
  const isTable = wanted.format === "table";
  io.stdout(
    isTable ? decisions.map(sentence).join("") : printList(AccessDecisionSchema, decisions, wanted),
  );
  if (decisions.some(({ allowed }) => !allowed)) throw new SilentExit(exitCode.refused);
}

function sentence({ rule, allowed, refusal }: AccessDecision): string {
  const procedure = rule?.procedure ?? "";
  if (refusal === "NO_RULE") return `no: there is no ${procedure}\n`;
  if (refusal === "NOT_GRANTED") return `no: ${procedure} is not what the identity is limited to\n`;
  const components = rule?.components.join(", ") || "";
  const only = components === "" ? "" : `, only for ${components}`;
  const role = roleWord(rule?.minRole ?? Role.UNSPECIFIED);
  return `${allowed ? "yes" : "no"}: ${procedure} needs role ${role}${only}\n`;
}

/**
 * The role that all of the RPCs together need: the answer is for the credential that this program would use for them,
 * not for the weaker one that suffices to ask.
 */
function strongestRole(procedures: readonly string[]): Role {
  const known = services.flatMap(({ methods }) => methods);
  const roles = known.filter((method) => procedures.includes(procedureOf(method))).map(neededRole);
  return roles.reduce((most, role) => (role > most ? role : most), Role.AUTHENTICATED as Role);
}

/** The RPCs that words name: "metal.v1.SizeService/Create", "SizeService/Create", "size/create" or "size create". */
export function proceduresOf(words: readonly string[]): string[] {
  const [first, second, ...rest] = words;
  if (first === undefined) return [];
  if (first.includes("/")) return [procedureNamed(first), ...proceduresOf(words.slice(1))];
  if (second === undefined) throw new UsageError(`"${first}" needs a verb: can-i ${first} create`);
  return [procedureNamed(`${first}/${second}`), ...proceduresOf(rest)];
}

function procedureNamed(text: string): string {
  const [kind = "", verb = ""] = text.split("/");
  const service = services.find((candidate) => namesOf(candidate).includes(kind.toLowerCase()));
  const method = service?.methods.find((candidate) =>
    verbsOf(candidate).includes(verb.toLowerCase()),
  );
  if (method) return procedureOf(method);
  if (kind.includes(".")) return text;
  const known = service ? service.methods.map(verbOf) : services.map(kindOf);
  throw new UsageError(`no RPC "${text}"; there are: ${known.join(", ")}`);
}

function namesOf(service: DescService): string[] {
  const names = [
    kindOf(service),
    kindOf(service).replaceAll("-", ""),
    service.name,
    service.typeName,
  ];
  return names.map((name) => name.toLowerCase());
}

function verbsOf(method: DescMethod): string[] {
  return [verbOf(method), method.name.toLowerCase()];
}
