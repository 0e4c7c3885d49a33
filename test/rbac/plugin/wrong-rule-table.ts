// Wrong rules, each with what is said of it, and right ones that must pass. Each row is one line of a proto.
import { optionsProto } from "./workspace.ts";

/** The name of the check, the rpc as it is written, and what is said of it. */
export type Row = readonly [check: string, rpc: string, ...says: readonly string[]];

const role = (name: string) => `option (metal.rbac.v1.min_role) = ${name};`;
const audit = (text: string) => `option (metal.rbac.v1.audit) = {${text}};`;
const reason = "option (metal.rbac.v1.reason) = true;";
const component = (name: string) => `option (metal.rbac.v1.components) = "${name}";`;
const scope = (path: string) => `option (metal.rbac.v1.scope) = "${path}";`;
const safe = "option idempotency_level = NO_SIDE_EFFECTS;";
const rpc = (name: string, ...options: readonly string[]) =>
  `rpc ${name}(Request) returns (Response) { ${options.join(" ")} }`;
const stream = (name: string, ...options: readonly string[]) =>
  `rpc ${name}(stream Request) returns (stream Response) { ${options.join(" ")} }`;

// An rbac.proto that is ahead of the generator.
export const newerOptions = optionsProto
  .replace("ROLE_ADMIN = 5;", "ROLE_ADMIN = 5;\n  // More.\n  ROLE_OWNER = 6;")
  .replace("AUDIT_LEVEL_FULL = 3;", "AUDIT_LEVEL_FULL = 3;\n  // More.\n  AUDIT_LEVEL_WIRE = 4;");

export const head = `syntax = "proto3";
package test.v1;
import "metal/rbac/v1/rbac.proto";
message Owner { string project = 1; repeated string tags = 2; map<string, string> labels = 3; }
message Request { Owner owner = 1; repeated Owner others = 2; repeated string reason = 3; int32 size = 4; }
message Reasoned { string reason = 1; }
message Response {}
`;

export const own: readonly Row[] = [
  [
    "no rule",
    rpc("Nothing"),
    "has no role; add option (metal.rbac.v1.min_role), the least a caller must be",
  ],
  [
    "no rule",
    rpc("NothingButAudit", audit("level: AUDIT_LEVEL_FULL")),
    "has no role; add option (metal.rbac.v1.min_role), the least a caller must be",
  ],
  [
    "unspecified role",
    rpc("Unspecified", role("ROLE_UNSPECIFIED")),
    "ROLE_UNSPECIFIED is no role; state the least a caller must be, ROLE_PUBLIC if that is nobody in particular",
  ],
  [
    "unknown role",
    rpc("FromLater", role("ROLE_OWNER")),
    'this generator does not know the role "ROLE_OWNER"; use one of ROLE_PUBLIC, ROLE_AUTHENTICATED, ROLE_VIEWER, ROLE_EDITOR, ROLE_ADMIN or a newer generator',
  ],
  [
    "unknown audit level",
    rpc("Wire", role("ROLE_EDITOR"), audit("level: AUDIT_LEVEL_WIRE")),
    'this generator does not know the audit level "AUDIT_LEVEL_WIRE"; use one of AUDIT_LEVEL_REFUSALS, AUDIT_LEVEL_METADATA, AUDIT_LEVEL_FULL or a newer generator',
  ],
  [
    "silent audit",
    rpc("Silent", role("ROLE_EDITOR"), audit("level: AUDIT_LEVEL_METADATA")),
    'records "metadata" where the default is "full"; say why in audit.because, or remove audit.level',
  ],
  [
    "silent audit",
    rpc("Blank", role("ROLE_EDITOR"), audit('level: AUDIT_LEVEL_REFUSALS because: " "')),
    'records "refusals" where the default is "full"; say why in audit.because, or remove audit.level',
  ],
  [
    "idle because",
    rpc("Idle", role("ROLE_EDITOR"), audit('level: AUDIT_LEVEL_FULL because: "noisy"')),
    'audit.because explains an omission, but nothing less than the default "full" is recorded; remove it',
  ],
  [
    "idle because",
    rpc("IdleRead", role("ROLE_VIEWER"), safe, audit('because: "noisy"')),
    'audit.because explains an omission, but nothing less than the default "refusals" is recorded; remove it',
  ],
  [
    "powerful get",
    rpc("GetPassword", role("ROLE_EDITOR"), safe),
    "needs ROLE_EDITOR, yet NO_SIDE_EFFECTS lets it be called by GET, from any web page; remove idempotency_level, or state ROLE_VIEWER",
  ],
  [
    "open write",
    rpc("OpenWrite", role("ROLE_PUBLIC")),
    "ROLE_PUBLIC on an rpc with side effects; state ROLE_VIEWER or above, or idempotency_level = NO_SIDE_EFFECTS if it has none",
  ],
  [
    "open write",
    rpc("KnownWrite", role("ROLE_AUTHENTICATED"), "option idempotency_level = IDEMPOTENT;"),
    "ROLE_AUTHENTICATED on an rpc with side effects; state ROLE_VIEWER or above, or idempotency_level = NO_SIDE_EFFECTS if it has none",
  ],
  [
    "open stream",
    stream("OpenStream", role("ROLE_PUBLIC"), safe),
    "ROLE_PUBLIC lets anybody send a stream without end; state ROLE_AUTHENTICATED or above",
  ],
  [
    "reason without a field",
    rpc("Reasons", role("ROLE_EDITOR"), reason),
    'asks for a reason, but "reason" is not a singular string; add string reason to the request',
  ],
  [
    "reason without a field",
    `rpc Reasonless(Owner) returns (Response) { ${role("ROLE_EDITOR")} ${reason} }`,
    'asks for a reason, but test.v1.Owner has no field "reason"; add string reason to the request',
  ],
  [
    "reason in a stream",
    `rpc Endless(stream Reasoned) returns (Response) { ${role("ROLE_EDITOR")} ${reason} }`,
    "asks for a reason, but its requests are a stream; a reason belongs to a single request, so remove the option or make the request one message",
  ],
  [
    "empty component",
    rpc("Empty", role("ROLE_EDITOR"), component("")),
    "names an empty component; remove it",
  ],
  [
    "repeated component",
    rpc("Twice", role("ROLE_EDITOR"), component("pixie"), component("bmc"), component("pixie")),
    'names component "pixie" twice; remove one',
  ],
  [
    "open to a component",
    rpc("OpenComponent", role("ROLE_AUTHENTICATED"), safe, component("pixie")),
    "ROLE_AUTHENTICATED cannot be limited to components; state ROLE_VIEWER or above, or remove components",
  ],
  [
    "scope without a field",
    rpc("NoScope", role("ROLE_EDITOR"), scope("project")),
    'scope "project" leads nowhere, test.v1.Request has no field "project"; name a string field of it',
  ],
  [
    "scope without a field",
    rpc("DeepScope", role("ROLE_EDITOR"), scope("owner.tenant")),
    'scope "owner.tenant" leads nowhere, test.v1.Owner has no field "tenant"; name a string field of it',
  ],
  [
    "scope without a field",
    rpc("NumberScope", role("ROLE_EDITOR"), scope("size")),
    'scope "size" leads nowhere, "size" is not a singular string; name a string field of it',
  ],
  [
    "scope without a field",
    rpc("ListScope", role("ROLE_EDITOR"), scope("owner.tags")),
    'scope "owner.tags" leads nowhere, "tags" is not a singular string; name a string field of it',
  ],
  [
    "scope without a field",
    rpc("ManyScope", role("ROLE_EDITOR"), scope("others.project")),
    'scope "others.project" leads nowhere, "others" is not a singular message; name a string field of it',
  ],
  [
    "scope without a field",
    rpc("MapScope", role("ROLE_EDITOR"), scope("owner.labels.project")),
    'scope "owner.labels.project" leads nowhere, "labels" is not a singular message; name a string field of it',
  ],
  [
    "several at once",
    stream("Everything", role("ROLE_PUBLIC"), reason, component("")),
    "ROLE_PUBLIC on an rpc with side effects; state ROLE_VIEWER or above, or idempotency_level = NO_SIDE_EFFECTS if it has none",
    "ROLE_PUBLIC lets anybody send a stream without end; state ROLE_AUTHENTICATED or above",
    'asks for a reason, but "reason" is not a singular string; add string reason to the request',
    "asks for a reason, but its requests are a stream; a reason belongs to a single request, so remove the option or make the request one message",
    "names an empty component; remove it",
    "ROLE_PUBLIC cannot be limited to components; state ROLE_VIEWER or above, or remove components",
  ],
];

export const good = [
  rpc("Public", role("ROLE_PUBLIC"), safe),
  rpc("Known", role("ROLE_AUTHENTICATED"), safe),
  rpc("View", role("ROLE_VIEWER"), safe, audit("level: AUDIT_LEVEL_FULL")),
  rpc("Edit", role("ROLE_EDITOR"), scope("owner.project"), component("pixie"), component("bmc")),
  rpc("Quiet", role("ROLE_EDITOR"), audit('level: AUDIT_LEVEL_METADATA because: "big"')),
  `rpc Why(Reasoned) returns (Response) { ${role("ROLE_ADMIN")} ${reason} }`,
  `rpc Watch(Reasoned) returns (stream Response) { ${role("ROLE_PUBLIC")} ${safe} }`,
  stream("Talk", role("ROLE_AUTHENTICATED"), safe, audit("level: AUDIT_LEVEL_METADATA")),
  stream("Upload", role("ROLE_ADMIN")),
];

const entry = (procedure: string, text: string) =>
  `option (metal.rbac.v1.foreign_rule) = {procedure: "${procedure}" ${text}};`;

export const foreign: readonly Row[] = [
  ["", entry("other.Other/Good", "min_role: ROLE_PUBLIC read: true")],
  [
    "second foreign rule",
    entry("other.Other/Good", "min_role: ROLE_ADMIN"),
    "rpc other.Other/Good: has a foreign_rule at proto/test/v1/foreign.proto:4:1 already; remove one",
  ],
  [
    "foreign rule for nothing",
    entry("other.Other/Goood", "min_role: ROLE_ADMIN"),
    'rpc other.Other/Goood: no such rpc in this run; write procedure as "package.Service/Method" of a proto that is there',
  ],
  [
    "foreign rule for nothing",
    entry("/other.Other/Good", "min_role: ROLE_ADMIN"),
    'rpc /other.Other/Good: no such rpc in this run; write procedure as "package.Service/Method" of a proto that is there',
  ],
  [
    "foreign rule for our own",
    entry("test.v1.GoodService/Edit", "min_role: ROLE_ADMIN"),
    "rpc test.v1.GoodService/Edit: states its rule in its own proto; write the options there and remove this foreign_rule",
  ],
  [
    "unspecified role",
    entry("other.Other/Unspecified", ""),
    "rpc other.Other/Unspecified: ROLE_UNSPECIFIED is no role; state the least a caller must be, ROLE_PUBLIC if that is nobody in particular",
  ],
  [
    "open write",
    entry("other.Other/Write", "min_role: ROLE_PUBLIC"),
    "rpc other.Other/Write: ROLE_PUBLIC on an rpc with side effects; state ROLE_VIEWER or above, or read: true if it has none",
  ],
  [
    "open stream",
    entry("other.Other/Stream", "min_role: ROLE_PUBLIC read: true"),
    "rpc other.Other/Stream: ROLE_PUBLIC lets anybody send a stream without end; state ROLE_AUTHENTICATED or above",
  ],
  [
    "silent audit",
    entry("other.Other/Audit", "min_role: ROLE_ADMIN audit: {level: AUDIT_LEVEL_REFUSALS}"),
    'rpc other.Other/Audit: records "refusals" where the default is "full"; say why in audit.because, or remove audit.level',
  ],
  ["", entry("other.Other/Read", "min_role: ROLE_ADMIN")],
];

export const other = `syntax = "proto3";
package other;
message Q {}
service Other {
  rpc Good(Q) returns (Q);
  rpc Unspecified(Q) returns (Q);
  rpc Write(Q) returns (Q);
  rpc Stream(stream Q) returns (Q);
  rpc Audit(Q) returns (Q);
  rpc Read(Q) returns (Q) { ${safe} }
  rpc Forgotten(Q) returns (Q);
}
`;

export const service = (name: string, lines: readonly string[]) =>
  `service ${name} {\n${lines.map((line) => `  ${line}\n`).join("")}}\n`;
