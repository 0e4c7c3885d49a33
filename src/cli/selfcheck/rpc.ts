// Every RPC that there is a rule for, with its descriptor.
import type { DescMethod, DescService } from "@bufbuild/protobuf";
import { BootService } from "../../../gen/api/v1/boot_pb.ts";
import { EventService } from "../../../gen/api/v1/event_pb.ts";
import { Health } from "../../../gen/grpc/health/v1/health_pb.ts";
import { ServerReflection } from "../../../gen/grpc/reflection/v1/reflection_pb.ts";
import { rules } from "../../../gen/rbac/rules.ts";
import { procedureOf } from "../naming.ts";
import type { Role } from "../rule.ts";
import { services } from "../services.ts";

/** What the rule of an RPC says about callers. */
export interface CheckedRule {
  readonly minRole: Role;
  readonly components: readonly string[];
}

/** An RPC to check. */
export interface CheckedRpc {
  /** "package.Service/Method". */
  readonly procedure: string;
  readonly method: DescMethod;
  readonly rule: CheckedRule;
}

const table: Readonly<Record<string, CheckedRule>> = rules;
const foreign: readonly DescService[] = [BootService, EventService, Health, ServerReflection];

/** The RPCs of this version, ordered by procedure. */
export function checkedRpcs(): CheckedRpc[] {
  const methods = [...foreign, ...services].flatMap((service) => service.methods);
  const known = new Map(methods.map((method) => [procedureOf(method), method]));
  return Object.entries(table)
    .flatMap(([path, rule]) => {
      const procedure = path.slice(1);
      const method = known.get(procedure);
      return method ? [{ procedure, method, rule }] : [];
    })
    .toSorted((a, b) => (a.procedure < b.procedure ? -1 : 1));
}

/** The components that any RPC is limited to, ordered by name. */
export function componentsOf(rpcs: readonly CheckedRpc[]): string[] {
  return [...new Set(rpcs.flatMap(({ rule }) => rule.components))].toSorted();
}
