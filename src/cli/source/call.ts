// Finds calls of RPCs in source code, through clients that were found and through the operations of metal-go.
import { successorsOf } from "../v1-operations.ts";
import { type Client, clientsIn, type Service } from "./client.ts";
import type { SourceFile } from "./files.ts";

/** A call. */
export interface SourceCall {
  /** "package.Service/Method". */
  readonly procedure: string;
  readonly path: string;
  /** Counted from 1. */
  readonly line: number;
}

/** A client whose calls were not found. */
export interface Unfollowed {
  readonly service: string;
  readonly path: string;
  readonly line: number;
}

/** What was found in a tree of source code. */
export interface SourceReading {
  /** Ordered by RPC, file and line. */
  readonly calls: readonly SourceCall[];
  readonly unfollowed: readonly Unfollowed[];
}

/** All calls in `files` of RPCs of `services`. */
export function callsIn(files: readonly SourceFile[], services: readonly Service[]): SourceReading {
  const clients = files.flatMap((file) => clientsIn(file, services));
  const usesMetalGo = files.some(({ text }) => text.includes("github.com/metal-stack/metal-go"));
  const calls = files.flatMap((file) => [
    ...callsOfClients(file, clients),
    ...descriptorsIn(file, services),
    ...accessorsIn(file, services),
    ...(usesMetalGo ? operationsIn(file) : []),
    ...helpersIn(file),
  ]);
  const called = new Set(calls.map(({ procedure }) => procedure.split("/")[0]));
  const unfollowed = clients.filter(({ service }) => !called.has(service.typeName)).map(shown);
  return { calls: distinct(calls), unfollowed: firstOfEach(unfollowed) };
}

/** Calls by the names of clients. A name that a file gives to clients of its own means those, and no others. */
function callsOfClients(file: SourceFile, clients: readonly Client[]): SourceCall[] {
  const own = clients.filter((client) => client.file === file);
  const ownNames = new Set(own.map(({ name }) => name));
  const others = clients.filter(
    ({ file: { language }, name }) => language === file.language && name && !ownNames.has(name),
  );
  return [...own, ...others].flatMap((client) => callsOf(client, file));
}

function callsOf({ service, name, at }: Client, file: SourceFile): SourceCall[] {
  if (name === "") return immediateCall(service, file, at);
  const form = new RegExp(
    String.raw`\b${name}\b(?:\s*\([^()]*\))?\s*[?!]?\.\s*(?<method>\w+)\s*\(`,
    "g",
  );
  return methodCalls(file, form, service);
}

/** createClient(ImageService, transport).list({}), where it is made. */
function immediateCall(service: Service, file: SourceFile, at: number): SourceCall[] {
  const rest = file.code.slice(at);
  const found =
    /^\w+(?:\.\w+)*\s*(?:<[^>()]*>)?\((?:[^()]|\([^()]*\))*\)\s*\.\s*(?<method>\w+)\s*\(/.exec(
      rest,
    );
  return procedureIn(service, found?.groups?.["method"], file).map((procedure) => ({
    procedure,
    ...placeOf(file, at),
  }));
}

/** ImageService.method.list, as generic calls name an RPC. */
function descriptorsIn(file: SourceFile, services: readonly Service[]): SourceCall[] {
  if (!file.language.isScript) return [];
  return services.flatMap((service) =>
    methodCalls(
      file,
      new RegExp(String.raw`\b${service.name}\.methods?\.(?<method>\w+)`, "g"),
      service,
    ),
  );
}

/** client.Metalv1().Image().List(ctx, …), as Go clients offer services by their nouns. */
function accessorsIn(file: SourceFile, services: readonly Service[]): SourceCall[] {
  if (file.language.isScript) return [];
  return services.flatMap((service) => {
    const noun = service.name.replace(/Service$/, "");
    const form = String.raw`\b(?:Metalv1|Apiv1)\(\)\s*\.\s*${noun}\(\)\s*\.\s*(?<method>\w+)\s*\(`;
    return methodCalls(file, new RegExp(form, "gi"), service);
  });
}

/** What metal-go offers operations by: client.Machine(). */
const metalGoParts =
  "Audit|Filesystemlayout|Firewall|Firmware|Health|IP|Image|Machine|Network|Partition|Project|Size|" +
  "Sizeimageconstraint|Switch(?:Operations)?|Tenant|User|Version|VPN";

/** machine.NewFindMachineParams(), which calls of metal-go are made with, and client.Machine().FindMachine(…). */
const operationForms: readonly RegExp[] = [
  /\bNew(?<operation>\w+?)Params(?:With\w+)?\s*\(/g,
  new RegExp(String.raw`\.\s*(?:${metalGoParts})\(\)\s*\.\s*(?<operation>\w+)\s*\(`, "gi"),
];

function operationsIn(file: SourceFile): SourceCall[] {
  if (file.language.isScript) return [];
  return operationForms.flatMap((form) =>
    [...file.code.matchAll(form)].flatMap(({ index, groups }) =>
      successorsOf(groups?.["operation"] ?? "", file.code).map((procedure) => ({
        procedure,
        ...placeOf(file, index),
      })),
    ),
  );
}

/** Functions of metal-api's own packages that call an RPC for others. */
const helpers: Readonly<Record<string, string>> = {
  WaitForAllocation: "api.v1.BootService/Wait",
};

function helpersIn(file: SourceFile): SourceCall[] {
  if (!file.text.includes("github.com/metal-stack/metal-api")) return [];
  return Object.entries(helpers).flatMap(([name, procedure]) =>
    [...file.code.matchAll(new RegExp(String.raw`\.${name}\s*\(`, "g"))].map(({ index }) => ({
      procedure,
      ...placeOf(file, index),
    })),
  );
}

function methodCalls(file: SourceFile, form: RegExp, service: Service): SourceCall[] {
  return [...file.code.matchAll(form)].flatMap(({ index, groups, 0: text }) => {
    const method = groups?.["method"];
    const at = index + text.lastIndexOf(method ?? "");
    return procedureIn(service, method, file).map((procedure) => ({
      procedure,
      ...placeOf(file, at),
    }));
  });
}

/** The RPC that a method of a client calls: "list" in scripts, "List" in Go. */
function procedureIn(
  service: Service,
  method: string | undefined,
  { language }: SourceFile,
): string[] {
  const written = (name: string) =>
    language.isScript ? `${name.slice(0, 1).toLowerCase()}${name.slice(1)}` : name;
  const found = service.methods.filter((name) => written(name) === method);
  return found.map((name) => `${service.typeName}/${name}`);
}

function placeOf({ path, code }: SourceFile, at: number): Pick<SourceCall, "path" | "line"> {
  return { path, line: code.slice(0, at).split("\n").length };
}

function shown({ service, file, at }: Client): Unfollowed {
  return { service: service.typeName, ...placeOf(file, at) };
}

function distinct(calls: readonly SourceCall[]): SourceCall[] {
  const byPlace = new Map(
    calls.map((call) => [`${call.procedure} ${call.path}:${call.line}`, call]),
  );
  return [...byPlace.values()].toSorted(
    (a, b) => compare(a.procedure, b.procedure) || compare(a.path, b.path) || a.line - b.line,
  );
}

const compare = (a: string, b: string) => Number(a > b) - Number(a < b);

function firstOfEach(unfollowed: readonly Unfollowed[]): Unfollowed[] {
  return [
    ...new Map(unfollowed.toReversed().map((one) => [one.service, one])).values(),
  ].toReversed();
}
