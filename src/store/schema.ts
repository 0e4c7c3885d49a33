// The tables of the store, as rows of TypeScript. migrations.ts creates them.

/** An entity: what the server knows about it in columns, its values as a message in the body. */
export interface EntityRow {
  readonly kind: string;
  readonly id: string;
  readonly version: number;
  /** Milliseconds since 1970, as all times of the schema. */
  readonly created: number;
  readonly changed: number;
  /** The message in protobuf's binary form, without id, version and times. */
  readonly body: Uint8Array;
}

/** One value of one field that an entity is found by. */
export interface TermRow {
  readonly kind: string;
  readonly field: string;
  /** As indexed() of term.ts writes it. */
  readonly value: string;
  readonly id: string;
}

/** A record of the audit: what it is found by in columns, all of it in the body. */
export interface AuditRow {
  readonly trace_id: string;
  readonly time: number;
  readonly procedure: string;
  readonly principal: string;
  readonly code: string;
  /** 1 or 0: not every engine has booleans. */
  readonly refused: number;
  /** The record in protobuf's binary form. */
  readonly body: Uint8Array;
}

/** A record that no seal holds yet. */
export interface AuditUnsealedRow {
  readonly trace_id: string;
}

/** A seal of the audit. */
export interface AuditSealRow {
  /** Counted from 1. */
  readonly number: number;
  /** The last seal whose records were removed, 0 if none were. */
  readonly forgotten: number;
  /** Only records of calls before this were removed. */
  readonly horizon: number;
  /** The seal in protobuf's binary form, without its leaves. */
  readonly body: Uint8Array;
}

/** The leaves of a seal, until its records are removed. */
export interface AuditLeavesRow {
  /** Its number. */
  readonly seal: number;
  /** A seal in protobuf's binary form that holds nothing but leaves. */
  readonly body: Uint8Array;
}

/** Consecutive free numbers of a pool. Ranges of one pool neither overlap nor touch. */
export interface FreeRangeRow {
  readonly pool: string;
  /** As hex() of number.ts writes it, like all numbers of pools and prefixes. */
  readonly first: string;
  readonly last: string;
}

/** A free block of a pool: 2 to the power of `bits` numbers. */
export interface FreeBlockRow {
  readonly pool: string;
  readonly bits: number;
  readonly first: string;
}

/** A prefix of a network, and how much of it is in use. */
export interface PrefixRow {
  readonly cidr: string;
  readonly family: string;
  readonly first: string;
  readonly last: string;
  readonly network: string;
  /** The prefix it was carved from, or empty. */
  readonly parent: string;
  readonly addresses: number;
  readonly children: number;
  readonly quads: string;
}

/** A count that is not 0. */
export interface TallyRow {
  readonly name: string;
  readonly count: number;
}

/** A change of an entity of a watched kind. */
export interface ChangeRow {
  /** Counted from 1, in the order of the commits. */
  readonly seq: number;
  readonly kind: string;
  readonly id: string;
  /** As Change of changes.ts calls it. */
  readonly op: string;
  readonly time: number;
  /** The message before the change in protobuf's binary form, with id, version and times; null if it is not kept. */
  readonly before: Uint8Array | null;
}

/** Which changes there are: the one row of its table. */
export interface ChangeRangeRow {
  /** Always 1. */
  readonly id: number;
  /** The last change, 0 if there was none. */
  readonly head: number;
  /** The last change that was forgotten, 0 if none was. */
  readonly floor: number;
}

/** The tables by name. */
export interface Schema {
  readonly entity: EntityRow;
  readonly term: TermRow;
  readonly audit: AuditRow;
  readonly audit_unsealed: AuditUnsealedRow;
  readonly audit_seal: AuditSealRow;
  readonly audit_leaves: AuditLeavesRow;
  readonly free_range: FreeRangeRow;
  readonly free_block: FreeBlockRow;
  readonly prefix: PrefixRow;
  readonly tally: TallyRow;
  readonly change: ChangeRow;
  readonly change_range: ChangeRangeRow;
}
