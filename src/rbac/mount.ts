// Mounts services so that none can be reached without its rule: checks the table against the descriptors that are
// really mounted, refuses to start with a list of everything that is wrong, and wraps every implementation so that it
// does not run without a decision.
import { type DescMethod, type DescService, getOption, hasOption } from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel } from "@bufbuild/protobuf/wkt";
import type { ConnectRouter, HandlerContext, MethodImpl, ServiceImpl } from "@connectrpc/connect";
import {
  audit,
  AuditLevel,
  components,
  min_role,
  reason,
  scope,
} from "../../gen/metal/rbac/v1/rbac_pb.ts";
import { callKey } from "./call.ts";
import { assertDecided } from "./enforcer.ts";
import { type Role, roleName } from "./role.ts";
import type { Procedure, Rule, RuleTable } from "./rule.ts";

/** Everything that is wrong with what was mounted. The process must not start. */
export class MountError extends Error {
  override readonly name = "MountError";
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(["services cannot be mounted:", ...problems.map((line) => `  ${line}`)].join("\n"));
    this.problems = problems;
  }
}

type Routes = (router: ConnectRouter) => void;
type Options = Parameters<ConnectRouter["service"]>[2];

/** `routes` under `rules`, for the option `routes` of an adapter. Throws MountError when it is called. */
export function guardRoutes(rules: RuleTable, routes: Routes): Routes {
  return (router) => {
    const guarded = new GuardedRouter(rules, router);
    routes(guarded);
    guarded.assertSound();
  };
}

class GuardedRouter implements ConnectRouter {
  readonly #rules: RuleTable;
  readonly #router: ConnectRouter;
  readonly #mounted = new Set<string>();
  readonly #problems: string[] = [];

  constructor(rules: RuleTable, router: ConnectRouter) {
    this.#rules = rules;
    this.#router = router;
  }

  get handlers() {
    return this.#router.handlers;
  }

  service<T extends DescService>(
    service: T,
    implementation: Partial<ServiceImpl<T>>,
    options?: Options,
  ): this {
    for (const method of service.methods) this.#check(method, options);
    this.#router.service(service, guardAll(this.#rules, service, implementation), options);
    return this;
  }

  rpc<M extends DescMethod>(method: M, implementation: MethodImpl<M>, options?: Options): this {
    this.#check(method, options);
    this.#router.rpc(method, guard(this.#rules, method, implementation), options);
    return this;
  }

  #check(method: DescMethod, options: Options): void {
    const procedure = procedureOf(method);
    const report = (text: string) => this.#problems.push(`${procedure.slice(1)}: ${text}`);
    if (this.#mounted.has(procedure)) report("mounted twice; the last one would win");
    this.#mounted.add(procedure);
    if (options !== undefined) report(optionsProblem);
    ruleProblems(this.#rules[procedure], method).forEach(report);
  }

  /** Throws if anything is wrong, or reached the router by another way than this one. */
  assertSound(): void {
    const past = this.#router.handlers
      .map(({ method }) => procedureOf(method))
      .filter((procedure) => !this.#mounted.has(procedure));
    const problems = [
      ...this.#problems,
      ...past.map((p) => `${p.slice(1)}: mounted past the guard`),
    ];
    if (problems.length > 0) throw new MountError([...new Set(problems)]);
  }
}

const optionsProblem =
  "mounted with options of its own; they would replace the gate and the interceptors of the router";

const procedureOf = (method: DescMethod): Procedure => `/${method.parent.typeName}/${method.name}`;

function ruleProblems(rule: Rule | undefined, method: DescMethod): string[] {
  if (rule === undefined) return ["has no rule in the table; state min_role and run buf generate"];
  const facts = factsOf(method);
  // A rule for somebody else's proto is written in another file, and its descriptor says nothing about it.
  const foreign = !rule.source.includes(`${method.parent.file.name}.proto`);
  const compared = foreign ? { kind: facts.kind } : facts;
  return Object.entries(compared).flatMap(([fact, mounted]) => {
    const [here, there] = [mounted, rule[fact as keyof Rule]].map((value) => show(fact, value));
    return here === there
      ? []
      : [`${fact} is ${here} in the mounted descriptor, ${there} in the table; run buf generate`];
  });
}

function show(fact: string, value: unknown): string {
  return fact === "minRole" ? roleName(value as Role) : JSON.stringify(value);
}

const auditLevels: Readonly<Record<number, Rule["audit"]>> = {
  [AuditLevel.REFUSALS]: "refusals",
  [AuditLevel.METADATA]: "metadata",
  [AuditLevel.FULL]: "full",
};

/** What the descriptor itself says, in the words of the table. */
function factsOf(method: DescMethod): Partial<Rule> {
  const read = method.idempotency === MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS;
  return {
    minRole: hasOption(method, min_role) ? getOption(method, min_role) : 0,
    kind: method.methodKind,
    read,
    audit: auditLevels[getOption(method, audit).level] ?? (read ? "refusals" : "full"),
    reason: getOption(method, reason),
    components: getOption(method, components),
    scope: getOption(method, scope),
  };
}

type Implementation = (input: never, context: HandlerContext) => unknown;

function guardAll<T extends DescService>(
  rules: RuleTable,
  service: T,
  implementation: Partial<ServiceImpl<T>>,
): Partial<ServiceImpl<T>> {
  const methods = implementation as Readonly<Record<string, Implementation | undefined>>;
  const entries = service.methods.flatMap((method) => {
    const implemented = methods[method.localName]?.bind(implementation);
    return implemented ? [[method.localName, guard(rules, method, implemented)]] : [];
  });
  return Object.fromEntries(entries) as Partial<ServiceImpl<T>>;
}

/** `implementation`, that throws instead of running where the gate has not decided for this very method. */
function guard<F>(rules: RuleTable, method: DescMethod, implementation: F): F {
  const run = implementation as Implementation;
  const guarded: Implementation = (input, context) => {
    assertDecided(rules, method, context.values.get(callKey));
    return run(input, context);
  };
  return guarded as F;
}
