// `metal selfcheck authz`: calls every RPC as every kind of caller over every protocol, and lets no handler run.
import { mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { create } from "@bufbuild/protobuf";
import { AccessService } from "../../gen/metal/v1/access_pb.ts";
import {
  VersionService,
  VersionServiceGetRequestSchema,
  type VersionServiceGetResponse,
} from "../../gen/metal/v1/version_pb.ts";
import { documentText } from "./document/format.ts";
import { CommandError, exitCode, SilentExit } from "./errors.ts";
import { procedureOf } from "./naming.ts";
import { type Callers, callersOf } from "./selfcheck/identity.ts";
import { type Kind, letIn } from "./selfcheck/kind.ts";
import { createProbe, type Probe, type Way, ways } from "./selfcheck/probe.ts";
import {
  type About,
  type Finding,
  reportData,
  reportPage,
  sorted,
  summary,
  unexpectedLine,
} from "./selfcheck/report.ts";
import { type CheckedRpc, checkedRpcs, componentsOf } from "./selfcheck/rpc.ts";
import { isRead } from "./rule.ts";
import type { Session } from "./session.ts";

/** So many calls are under way at a time. */
const parallel = 8;
/** So many unexpected calls are shown. */
const mostShown = 20;

/**
 * Checks the server and prints what came of it; with `folder`, writes authz.json and authz.md there. Ends with status 1 if
 * a call ended otherwise than the rules say. Throws CommandError for a server that would run handlers, CallError.
 */
export async function selfcheckAuthz(folder: string | undefined, session: Session): Promise<void> {
  const { api, io, style } = session;
  const rpcs = checkedRpcs();
  const { apiUrl: server } = await api.target();
  const probe = createProbe(server);
  const callers = await callersOf(api, componentsOf(rpcs));
  try {
    const version = await versionOf(session);
    await assertDry(probe, rpcs, callers);
    const findings = await findingsOf(probe, rpcs, callers.kinds);
    const about = { server, version, time: io.now(), untested: callers.untested };
    if (folder !== undefined) await writeReport(resolve(io.cwd, folder), findings, about);
    const { format } = style("table");
    io.stdout(documentText([reportData(findings, about)], format) ?? textOf(findings, about));
    if (sorted(findings).unexpected.length > 0) throw new SilentExit(exitCode.failed);
  } finally {
    probe.close();
    await callers.release();
  }
}

/** Before anything that could do harm: a read by somebody who may read it. */
async function assertDry(probe: Probe, rpcs: readonly CheckedRpc[], { kinds }: Callers) {
  const harmless = procedureOf(AccessService.method.whoAmI);
  const rpc = rpcs.find(({ procedure }) => procedure === harmless);
  const kind = kinds.find(({ identity }) => identity !== undefined);
  if (!rpc || !kind) throw new CommandError("there is no identity to call as");
  for (const way of ways) {
    const outcome = await probe.outcome(rpc, kind, way);
    if (outcome !== letIn)
      throw new CommandError(`the server knows no calls without handlers (${way}: ${outcome})`);
  }
}

interface Task {
  readonly rpc: CheckedRpc;
  readonly kind: Kind;
  readonly way: Way;
}

function tasksOf(rpcs: readonly CheckedRpc[], kinds: readonly Kind[]): Task[] {
  return kinds.flatMap((kind) =>
    rpcs.flatMap((rpc) =>
      ways.filter((way) => isPossible(rpc, way)).map((way) => ({ rpc, kind, way })),
    ),
  );
}

/** Clients use GET where the proto itself says that there are no side effects. */
const isPossible = ({ method }: CheckedRpc, way: Way) =>
  way !== "connect-get" || (isRead(method) && method.methodKind === "unary");

/** Outcomes that come before a handler. */
const decided = /^(?:[A-Z]+(?:_[A-Z]+)+|not served|Unavailable)$/;

/** All calls, a few at a time; none any more once a handler has run. */
async function findingsOf(probe: Probe, rpcs: readonly CheckedRpc[], kinds: readonly Kind[]) {
  const tasks = tasksOf(rpcs, kinds);
  const findings = new Map<Task, Finding>();
  const left = tasks.values();
  let isDry = true;
  const work = async () => {
    for (const task of left) {
      if (!isDry) return;
      const outcome = await probe.outcome(task.rpc, task.kind, task.way);
      isDry &&= decided.test(outcome);
      findings.set(task, { ...task, outcome });
    }
  };
  await Promise.all(Array.from({ length: parallel }, work));
  return tasks.flatMap((task) => findings.get(task) ?? []);
}

async function versionOf({ api }: Session): Promise<string> {
  const method = VersionService.method.get;
  const request = create(VersionServiceGetRequestSchema);
  const answer = await api.unary({ method, request, subject: "selfcheck authz" });
  return (answer as VersionServiceGetResponse).version;
}

async function writeReport(folder: string, findings: readonly Finding[], about: About) {
  await mkdir(folder, { recursive: true });
  const data = JSON.stringify(reportData(findings, about), undefined, 2);
  await writeFile(join(folder, "authz.json"), `${data}\n`);
  await writeFile(join(folder, "authz.md"), reportPage(findings, about));
}

function textOf(findings: readonly Finding[], { untested }: About): string {
  const wrong = sorted(findings).unexpected.map(unexpectedLine);
  const shown = wrong.slice(0, mostShown);
  const more = wrong.length > mostShown ? [`and ${wrong.length - mostShown} more`] : [];
  const kinds = untested.map(({ kind, because }) => `not tested: ${kind}, because ${because}`);
  return [...shown, ...more, ...kinds, summary(findings), ""].join("\n");
}
