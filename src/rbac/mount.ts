// Mounts services so that none can be reached without its rule: checks the table against the descriptors that are
// really mounted, refuses to start with a list of everything that is wrong, and wraps every implementation so that it
// does not run without a decision.
import type { DescMethod, DescService } from "@bufbuild/protobuf";
import type { ConnectRouter, HandlerContext, MethodImpl, ServiceImpl } from "@connectrpc/connect";
import { assertEnforced } from "./enforcer.ts";
import { procedureOf, type RuleTable } from "./rule.ts";
import { ruleProblems } from "./stale.ts";

/** Everything that is wrong with what was mounted. The process must not start. */
export class MountError extends Error {
  override readonly name = "MountError";
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(["services cannot be mounted:", ...problems.map((line) => `  ${line}`)].join("\n"));
    this.problems = problems;
  }
}

/** Mounts services on a router. */
export type Routes = (router: ConnectRouter) => void;

/** `routes` under `rules`, for the option `routes` of an adapter. Throws MountError when it is called. */
export function guardRoutes(rules: RuleTable, routes: Routes): Routes {
  return (router) => {
    const guarded = new GuardedRouter(rules, router);
    routes(guarded);
    guarded.assertSound();
  };
}

type Options = Parameters<ConnectRouter["service"]>[2];

class GuardedRouter implements ConnectRouter {
  readonly #rules: RuleTable;
  readonly #router: ConnectRouter;
  readonly #guarded = new Set<ConnectRouter["handlers"][number]>();
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
    const guarded = guardAll(this.#rules, service, implementation);
    return this.#mount(() => this.#router.service(service, guarded));
  }

  rpc<M extends DescMethod>(method: M, implementation: MethodImpl<M>, options?: Options): this {
    this.#check(method, options);
    const guarded = guard(this.#rules, method, implementation);
    return this.#mount(() => this.#router.rpc(method, guarded));
  }

  /** Throws if anything is wrong, or reached the router by another way than this one. */
  assertSound(): void {
    const past = this.handlers
      .filter((handler) => !this.#guarded.has(handler))
      .map(({ method }) => `${procedureOf(method).slice(1)}: mounted past the guard`);
    const problems = new Set([...this.#problems, ...past]);
    if (problems.size > 0) throw new MountError([...problems]);
  }

  #check(method: DescMethod, options: Options): void {
    const procedure = procedureOf(method);
    const twice = this.handlers.some((handler) => procedureOf(handler.method) === procedure);
    const problems = [
      ...(twice ? ["mounted twice; the last one would win"] : []),
      ...(options === undefined ? [] : [optionsProblem]),
      ...ruleProblems(this.#rules[procedure], method),
    ];
    this.#problems.push(...problems.map((problem) => `${procedure.slice(1)}: ${problem}`));
  }

  /** The handlers that `register` adds are the guarded ones; options are left out, they were reported. */
  #mount(register: () => void): this {
    const before = this.handlers.length;
    register();
    for (const handler of this.handlers.slice(before)) this.#guarded.add(handler);
    return this;
  }
}

const optionsProblem =
  "mounted with options of its own; they would replace the gate and the interceptors of the router";

type Implementation = (input: never, context: HandlerContext) => unknown;

function guardAll<T extends DescService>(
  rules: RuleTable,
  service: T,
  implementation: Partial<ServiceImpl<T>>,
): Partial<ServiceImpl<T>> {
  const methods = implementation as Readonly<Record<string, unknown>>;
  const entries = service.methods.flatMap((method) => {
    const run = methods[method.localName];
    if (typeof run !== "function") return [];
    return [[method.localName, guard(rules, method, run.bind(implementation))]];
  });
  return Object.fromEntries(entries) as Partial<ServiceImpl<T>>;
}

/** `implementation`, that throws instead of running where gate and enforcer did not allow this very call. */
function guard<F>(rules: RuleTable, method: DescMethod, implementation: F): F {
  const run = implementation as Implementation;
  const guarded: Implementation = (input, context) => {
    assertEnforced(rules, method, context.values);
    return run(input, context);
  };
  return guarded as F;
}
