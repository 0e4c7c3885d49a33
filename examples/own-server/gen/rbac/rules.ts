// Written by `buf generate` from the options in the protos. To change a rule, change its proto.
import { Role } from "../../../../src/rbac/role.ts";
import { createRuleTable } from "../../../../src/rbac/table.ts";

/** Identifies this set of rights: the SHA-256 of rules.json. */
export const schemaHash = "sha256:2dfff9a82246dc41cb6fb1f33efdf0acc882f1822a36f1aefb32f12ea67c90e1";

/** The rule of every procedure. Frozen, without a prototype. */
export const rules = createRuleTable({
  "/library.v1.LibraryService/Discard": {
    minRole: Role.ADMIN,
    kind: "unary", read: false,
    audit: "full", auditBecause: "",
    reason: true, components: [], scope: "",
    source: "proto/library/v1/library.proto:50",
  },
  "/library.v1.LibraryService/GiveBack": {
    minRole: Role.EDITOR,
    kind: "unary", read: false,
    audit: "full", auditBecause: "",
    reason: false, components: ["return-box"], scope: "",
    source: "proto/library/v1/library.proto:34",
  },
  "/library.v1.LibraryService/Import": {
    minRole: Role.ADMIN,
    kind: "client_streaming", read: false,
    audit: "full", auditBecause: "",
    reason: false, components: [], scope: "",
    source: "proto/library/v1/library.proto:45",
  },
  "/library.v1.LibraryService/Lend": {
    minRole: Role.EDITOR,
    kind: "unary", read: false,
    audit: "full", auditBecause: "",
    reason: false, components: [], scope: "",
    source: "proto/library/v1/library.proto:29",
  },
  "/library.v1.LibraryService/ListBorrowers": {
    minRole: Role.ADMIN,
    kind: "server_streaming", read: true,
    audit: "refusals", auditBecause: "",
    reason: true, components: [], scope: "",
    source: "proto/library/v1/library.proto:56",
  },
  "/library.v1.LibraryService/Scan": {
    minRole: Role.EDITOR,
    kind: "bidi_streaming", read: false,
    audit: "full", auditBecause: "",
    reason: false, components: [], scope: "",
    source: "proto/library/v1/library.proto:40",
  },
  "/library.v1.LibraryService/Search": {
    minRole: Role.PUBLIC,
    kind: "unary", read: true,
    audit: "refusals", auditBecause: "",
    reason: false, components: [], scope: "",
    source: "proto/library/v1/library.proto:11",
  },
  "/library.v1.LibraryService/WatchLoans": {
    minRole: Role.VIEWER,
    kind: "server_streaming", read: true,
    audit: "refusals", auditBecause: "",
    reason: false, components: [], scope: "",
    source: "proto/library/v1/library.proto:23",
  },
  "/library.v1.LibraryService/WhoAmI": {
    minRole: Role.AUTHENTICATED,
    kind: "unary", read: true,
    audit: "refusals", auditBecause: "",
    reason: false, components: [], scope: "",
    source: "proto/library/v1/library.proto:17",
  },
});

/** A procedure that has a rule. */
export type Procedure = keyof typeof rules;
