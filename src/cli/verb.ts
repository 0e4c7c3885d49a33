// Runs the verbs that RPCs become.
import type { DescMethod, Message } from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";
import type { AuditServiceExportRequest } from "../../gen/metal/v1/audit_pb.ts";
import { MachineSchema, type MachineServiceWatchRequest } from "../../gen/metal/v1/machine_pb.ts";
import { isServerStream } from "./api.ts";
import type { Decoded } from "./document/decode.ts";
import { findId, resultDesc, resultOf, subjectOf } from "./entity.ts";
import { CommandError, exitCode, SilentExit, UsageError } from "./errors.ts";
import { type Invocation, requestOf } from "./invocation.ts";
import { kindOf, verbOf } from "./naming.ts";
import { printList, printOne } from "./output.ts";
import { allPages, rowsOf } from "./pages.ts";
import type { Verb } from "./resource.ts";
import { isDestructive, isRead } from "./rule.ts";
import type { Session } from "./session.ts";
import { answerShape, requestShape } from "./shape.ts";

/** Runs a verb. Throws UsageError, CommandError, CallError. */
export async function runVerb(verb: Verb, invocation: Invocation, session: Session): Promise<void> {
  const { method } = verb;
  const { entity, paged } = requestShape(method);
  if (entity) {
    const { write } = await import("./write.ts");
    return await write(verb, invocation, session);
  }
  if (invocation.files.length > 0) return await callWithFiles(method, invocation, session);
  const request = requestOf(method, invocation, session.io.now());
  if (paged) return await list(verb, [request, invocation.limit], session);
  if (isServerStream(method)) return await watch(method, request, session);
  await confirm(verb, invocation, session);
  const subject = subjectOfCall(verb, invocation);
  const answer = await session.api.unary({ method, request, subject });
  await waitFor(method, answer, { invocation, session });
}

/** Prints what was handed out, when it is of use if the caller wants to wait for that. */
async function waitFor(
  method: DescMethod,
  answer: Message,
  { invocation, session }: { readonly invocation: Invocation; readonly session: Session },
): Promise<void> {
  if (!invocation.wait) return printAnswer(method, answer, session);
  const { installedIn, phonedHome } = await import("./machine-wait.ts");
  const machine = await phonedHome(installedIn(method, answer), session);
  session.io.stdout(printOne(MachineSchema, machine, session.style("table")));
}

/** Prints an answer: its rows, what it wraps, or itself. Prints nothing if it can hold nothing. */
function printAnswer(method: DescMethod, answer: Message, { io, style }: Session): void {
  const { rows } = answerShape(method);
  if (rows?.message) {
    const items = rowsOf(reflect(method.output, answer), rows);
    return io.stdout(printList(rows.message, items, style("table")));
  }
  const desc = resultDesc(method);
  if (desc.fields.length === 0) return;
  const usual = isRead(method) ? "yaml" : "table";
  io.stdout(printOne(desc, resultOf(method, answer), style(usual)));
}

/** Calls an RPC once for each document of files, which are whole requests. */
async function callWithFiles(
  method: DescMethod,
  { files, flags, words, wait }: Invocation,
  session: Session,
): Promise<void> {
  const { api, io } = session;
  if (flags.length > 0 || words.length > 0) throw new UsageError("give -f FILE or flags, not both");
  const { endIfFailed, workThrough } = await import("./files.ts");
  const subject = `${kindOf(method.parent)} ${verbOf(method)}`;
  const work = async ({ message: request }: Decoded) => {
    const answer = await api.unary({ method, request, subject });
    const id = findId(resultDesc(method), resultOf(method, answer)) ?? "";
    if (wait) {
      const { installedIn, phonedHome } = await import("./machine-wait.ts");
      await phonedHome(installedIn(method, answer), session);
    }
    return { title: `${kindOf(method.parent)}/${id}`, word: past(verbOf(method)) };
  };
  endIfFailed(await workThrough({ desc: method.input, files, work }, io));
}

/** "allocated" for "allocate", "registered" for "register". */
function past(verb: string): string {
  const [first = ""] = verb.split("-");
  return first.replace(/e?$/, "ed");
}

async function list(
  { method, table }: Verb,
  [request, limit]: readonly [Message, number | undefined],
  { api, io, style }: Session,
): Promise<void> {
  const { rows } = answerShape(method);
  if (!rows?.message) throw new CommandError(`the answer of ${method.name} holds no list`);
  const subject = `${kindOf(method.parent)} ${verbOf(method)}`;
  const items = await allPages({ method, request, subject }, rows, { api, limit });
  io.stdout(printList(rows.message, items, { ...style("table"), table }));
}

async function watch(method: DescMethod, request: Message, session: Session): Promise<void> {
  if (method.output.typeName === "metal.v1.AuditServiceExportResponse") {
    const { exportAudit } = await import("./audit-export.ts");
    return await exportAudit(request as AuditServiceExportRequest, session);
  }
  const subject = `${kindOf(method.parent)} ${verbOf(method)}`;
  const style = session.style(isOfMachines(method) ? "table" : "yaml");
  if (isOfMachines(method) && (style.format === "table" || style.format === "wide")) {
    const { watchMachines } = await import("./machine-watch.ts");
    return await watchMachines(request as MachineServiceWatchRequest, session);
  }
  for await (const message of session.api.stream({ method, request, subject })) {
    if (style.format === "yaml") session.io.stdout("---\n");
    session.io.stdout(printOne(method.output, message, style));
  }
}

const isOfMachines = ({ output }: DescMethod): boolean =>
  output.typeName === "metal.v1.MachineServiceWatchResponse";

async function confirm(verb: Verb, invocation: Invocation, { io }: Session): Promise<void> {
  if (!isDestructive(verb.method) || invocation.yes || !io.interactive) return;
  const [action = ""] = verbOf(verb.method).split("-");
  const answer = await io.ask(`${action} ${subjectOfCall(verb, invocation)}? [y/N] `);
  if (/^y(es)?$/i.test(answer.trim())) return;
  io.stderr("nothing was done\n");
  throw new SilentExit(exitCode.failed);
}

function subjectOfCall({ method }: Verb, { words }: Invocation): string {
  const kind = kindOf(method.parent);
  const [id] = words;
  return id === undefined ? `${kind} ${verbOf(method)}` : subjectOf(kind, id);
}
