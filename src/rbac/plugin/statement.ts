// What the protos say about one rpc, before anybody asked whether it makes sense.
import type { DescMethod } from "@bufbuild/protobuf";
import type { Place } from "./place.ts";

/** The words of a rule as they are written, in options or in a foreign_rule. */
export interface Wording {
  /** For example "ROLE_EDITOR"; undefined if nothing is written. */
  readonly role: string | undefined;
  /** For example "AUDIT_LEVEL_FULL"; undefined if nothing is written. */
  readonly auditLevel: string | undefined;
  readonly because: string;
  readonly reason: boolean;
  readonly components: readonly string[];
  readonly scope: string;
  /** No side effects: says a foreign_rule or, in a statement, also idempotency_level. */
  readonly read: boolean;
}

/** One rpc and the rule that is written for it. */
export interface Statement extends Wording {
  readonly method: DescMethod;
  /** "package.Service/Method". */
  readonly rpc: string;
  /** Of the rpc, or of the foreign_rule. */
  readonly place: Place;
  /** A foreign_rule states it. */
  readonly foreign: boolean;
  /** The rpc's proto imports our options. */
  readonly canState: boolean;
}

/** One foreign_rule, matched with the rpc it names. */
export interface Entry {
  readonly wording: Wording;
  /** As written, "package.Service/Method". */
  readonly rpc: string;
  readonly place: Place;
  /** The rpc, if the run has it. */
  readonly method: DescMethod | undefined;
  /** The rpc's own proto imports our options. */
  readonly canState: boolean;
  /** Where the same rpc was listed before. */
  readonly earlier: Place | undefined;
}
