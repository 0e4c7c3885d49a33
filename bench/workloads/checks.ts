// The checks alone, in this process and without any transport: what the gate and the stages behind it cost a read.
import { create } from "@bufbuild/protobuf";
import { createContextValues } from "@connectrpc/connect";
import type { IncomingHttpHeaders } from "node:http";
import { createRecorder } from "../../src/audit/recorder.ts";
import { createUsageCounter } from "../../src/audit/usage.ts";
import { parseIssuers } from "../../src/auth/oidc/settings.ts";
import { CallContext } from "../../src/fast/context.ts";
import type { Exchange } from "../../src/fast/exchange.ts";
import { invoke } from "../../src/fast/invoke.ts";
import { match, type UnarySpec } from "../../src/fast/match.ts";
import { createIdentities } from "../../src/identities.ts";
import { observing } from "../../src/interceptors/observe.ts";
import { createAdmission } from "../../src/limit/admission.ts";
import { accessLog } from "../../src/observe/access-log.ts";
import { createMetrics } from "../../src/observe/metrics.ts";
import { observers } from "../../src/observe/observer.ts";
import { pipeline } from "../../src/pipeline.ts";
import { Role } from "../../src/rbac/role.ts";
import { openMemoryStore } from "../../src/store/sqlite.ts";
import { signing } from "../load/signing.ts";
import { several, spreads } from "../report/spread.ts";
import type { Column } from "../report/table.ts";
import { get } from "../servers/prepared.ts";
import { askedFor, type Stage } from "../stage.ts";
import { pathOf, requestOf } from "../wire.ts";
import type { Workload } from "./workload.ts";

const columns: readonly Column[] = [
  { key: "name", head: "" },
  { key: "gate", head: "gate, µs CPU", digits: 1 },
  { key: "stages", head: "stages behind it, µs CPU", digits: 1 },
  { key: "together", head: "together, µs CPU", digits: 1 },
];

export const checks: Workload = {
  name: "checks",
  meaning: "identity, rule, audit and all other checks of a read, without a transport",
  async run(stage) {
    await using stack = new AsyncDisposableStack();
    const guard = await openGuard(stage, stack);
    const callers = { OIDC: await bearing(stage), HMAC: signed(stage) };
    const rows = [];
    for (const [name, headers] of Object.entries(callers)) {
      stage.note(`checks: ${name}`);
      rows.push({ name, ...(await measure(stage, guard, headers)) });
    }
    return [{ title: "checks alone: get a machine", columns, rows }];
  },
};

type Guard = ReturnType<typeof pipeline>;

/** All checks, wired as the server wires them. */
async function openGuard(stage: Stage, stack: AsyncDisposableStack): Promise<Guard> {
  const store = await openMemoryStore();
  stack.defer(() => store.close());
  const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  const { issuer, audience } = stage.settings;
  const identities = createIdentities({
    users: [userOf(stage)],
    issuers: parseIssuers([{ issuer, audience }]).issuers,
    providerTenant: "metal",
    log,
    store,
  });
  stack.defer(() => identities.stop());
  const onError = (error: unknown) => {
    throw error;
  };
  const usage = createUsageCounter({ store, onError });
  stack.defer(() => usage.stop());
  return pipeline({
    routes: () => {},
    admission: createAdmission({}),
    authenticate: identities.authenticate,
    audit: { recorder: createRecorder(store), peerOf: () => "", onError },
    usage,
    observe: observing(observers([accessLog(log), createMetrics().observer])),
    log,
  });
}

function userOf(stage: Stage) {
  const { type, key } = stage.signer("view");
  const keys = [{ id: "bench", secret: key }];
  return { name: type, type, keys, role: Role.VIEWER, windowSeconds: 300 };
}

/** The headers of the next call. */
type NextHeaders = () => IncomingHttpHeaders;

const { headers: plain } = requestOf("grpc", get, { id: askedFor });

async function bearing(stage: Stage): Promise<NextHeaders> {
  const credential = await stage.bearer("view");
  return () => ({ ...plain, ...credential });
}

function signed(stage: Stage): NextHeaders {
  const sign = signing(stage.signer("view"));
  return () => ({ ...plain, ...Object.fromEntries(sign()) });
}

/** Rounds before anything counts: so little work is done in one that it takes several until all of it is compiled. */
const warmUpRounds = 4;

/** A round has as many calls as a warm-up. */
async function measure({ options }: Stage, guard: Guard, next: NextHeaders) {
  const { requestGate, interceptors = [] } = guard;
  if (requestGate === undefined) throw new Error("there is no gate");
  const handle = (context: CallContext) => invoke(spec, context, message, interceptors);
  const length = options.warmUpCalls;
  const round = async () => {
    const contexts = Array.from({ length }, () => contextOf(next()));
    const gate = await cpuMicros(contexts, requestGate);
    const stages = await cpuMicros(contexts, handle);
    return { gate, stages, together: gate + stages };
  };
  await several(warmUpRounds, round);
  return spreads(await several(options.rounds, round));
}

/** What `work` takes for one of them. */
async function cpuMicros<T>(all: readonly T[], work: (one: T) => unknown): Promise<number> {
  const before = process.cpuUsage();
  for (const one of all) await work(one);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / all.length;
}

const path = pathOf(get);
const message = create(get.input, { id: askedFor });
/** A handler that does nothing. */
const spec: UnarySpec = { kind: "unary", method: get, impl: () => answer };
const answer = create(get.output);
const matching = { methods: new Map([[path, { spec }]]), maxTimeoutMs: 0 };
const exchange: Omit<Exchange, "headers"> = {
  method: "POST",
  url: `http://127.0.0.1${path}`,
  isGone: false,
  whyGone: () => undefined,
  onGone: () => () => {},
  receive: () => Promise.resolve(message),
  send: () => {},
  breakOff: () => {},
};

/** As the server has it when the headers of a call have arrived. */
function contextOf(headers: IncomingHttpHeaders): CallContext {
  const found = match({ verb: exchange.method, path, headers }, matching);
  if (found === undefined) throw new Error("the call is not a usual one");
  const arrived = { ...found, exchange: { ...exchange, headers }, values: createContextValues() };
  return new CallContext(arrived, undefined);
}
