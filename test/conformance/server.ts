// The server under test of the conformance suite: the whole stack of a port, gate, interceptors and fast path, in front
// of the suite's service with every RPC public. The runner says by standard input what it wants, and hears by standard
// output where it is.
import { create, type DescMessage, fromBinary, toBinary } from "@bufbuild/protobuf";
import { createCalls } from "../../src/fast/calls.ts";
import { createTlsFront } from "../../src/http/tls.ts";
import { auditing } from "../../src/interceptors/audit.ts";
import { deadline, defaultDeadlines } from "../../src/interceptors/deadline.ts";
import { logging } from "../../src/interceptors/log.ts";
import { observing } from "../../src/interceptors/observe.ts";
import { validate } from "../../src/interceptors/validate.ts";
import { createPort } from "../../src/port.ts";
import { createGuard } from "../../src/rbac/guard.ts";
import { Role } from "../../src/rbac/role.ts";
import { procedureOf, type Rule, type RuleTable } from "../../src/rbac/rule.ts";
import { readTypes, type Types, type Wish } from "./descriptors.ts";
import { conformance } from "./service.ts";

const types = readTypes(process.argv[2] ?? "");

/** Everything is open: the suite's clients have no credentials. */
function publicRules({ service }: Types): RuleTable {
  const rules = service.methods.map((method): [string, Rule] => [
    procedureOf(method),
    {
      minRole: Role.PUBLIC,
      kind: method.methodKind,
      read: method.name === "IdempotentUnary",
      audit: "refusals",
      auditBecause: "",
      reason: false,
      components: [],
      scope: "",
      source: "conformance",
    },
  ]);
  return Object.fromEntries(rules);
}

const log = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: (_fields: object, text: string) => void process.stderr.write(`${text}\n`),
};
const observe = observing({ begun: () => {}, ended: () => {} });

function guard() {
  const onError = (error: unknown) => log.error({}, String(error));
  const audit = { recorder: { append: async () => {} }, peerOf: () => "", onError };
  return createGuard(publicRules(types), {
    routes: conformance(types),
    authenticate: async () => ({ principal: undefined }),
    onDecision: observe.decided,
    interceptors: [
      observe.interceptor,
      logging({ ...log, error: () => {} }),
      deadline(defaultDeadlines),
      auditing(audit),
      validate,
    ],
  });
}

function frontOf({ useTls, serverCreds, clientTlsCert }: Wish) {
  if (!useTls || serverCreds === undefined) return {};
  const [cert, key, clientCa] = [serverCreds.cert, serverCreds.key, clientTlsCert].map((bytes) =>
    Buffer.from(bytes).toString(),
  );
  const { front } = createTlsFront({
    material: { cert: cert ?? "", key: key ?? "", ...(clientCa && { clientCa }) },
    minVersion: "TLSv1.2",
    clientCertificates: clientCa ? "required" : "none",
  });
  return { front };
}

async function start(wish: Wish) {
  const { messageReceiveLimit } = wish;
  const port = createPort({
    guard: guard(),
    ready: async () => true,
    onAnswered: observe.answered,
    log,
    ...frontOf(wish),
    calls: (options) =>
      createCalls({
        ...options,
        // The suite packs messages of its own into others.
        jsonOptions: { registry: types.registry },
        ...(messageReceiveLimit > 0 && { readMaxBytes: messageReceiveLimit }),
      }),
  });
  return port.listen("127.0.0.1", 0);
}

/** A message with its length before it, in four bytes. */
function framed(desc: DescMessage, value: Record<string, unknown>): Buffer {
  const bytes = toBinary(desc, create(desc, value));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

const asked = Buffer.concat(await Array.fromAsync(process.stdin as AsyncIterable<Buffer>));
const wish = fromBinary(types.message("ServerCompatRequest"), asked.subarray(4)) as object as Wish;
const { port } = await start(wish);
process.once("SIGTERM", () => process.exit());
const pemCert = wish.useTls ? wish.serverCreds?.cert : undefined;
process.stdout.write(
  framed(types.message("ServerCompatResponse"), {
    host: "127.0.0.1",
    port,
    ...(pemCert && { pemCert }),
  }),
);
