// The kinds of entities, one entry each: the message that is kept, where its id, version and times are, and the terms
// it is found by. A new kind is a new entry here and nothing else in the store.
import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import { create } from "@bufbuild/protobuf";
import type { Timestamp } from "@bufbuild/protobuf/wkt";
import { AuditSinkSchema } from "../../gen/metal/store/v1/audit_pb.ts";
import { SecretMarkSchema } from "../../gen/metal/store/v1/secret_pb.ts";
import { UsageSchema } from "../../gen/metal/store/v1/usage_pb.ts";
import { UserSchema } from "../../gen/metal/store/v1/user_pb.ts";
import { JobLeaseSchema } from "../../gen/metal/store/v1/job_pb.ts";
import {
  AllocationRequestSchema,
  MachineBMCRecordSchema,
  MachineHistorySchema,
  MachineSecretSchema,
  MachineWaitSchema,
  SwitchStatusSchema,
} from "../../gen/metal/store/v1/machine_pb.ts";
import { BMCCommandSchema } from "../../gen/metal/v1/bmc_command_pb.ts";
import { FilesystemLayoutSchema } from "../../gen/metal/v1/filesystem_layout_pb.ts";
import { ImageSchema } from "../../gen/metal/v1/image_pb.ts";
import { IPSchema } from "../../gen/metal/v1/ip_pb.ts";
import { MachineSchema } from "../../gen/metal/v1/machine_pb.ts";
import { type Meta, MetaSchema } from "../../gen/metal/v1/meta_pb.ts";
import { NetworkSchema } from "../../gen/metal/v1/network_pb.ts";
import { PartitionSchema } from "../../gen/metal/v1/partition_pb.ts";
import { ProjectSchema } from "../../gen/metal/v1/project_pb.ts";
import { SizeImageConstraintSchema } from "../../gen/metal/v1/size_image_constraint_pb.ts";
import { SizeReservationSchema, SizeSchema } from "../../gen/metal/v1/size_pb.ts";
import { SwitchSchema } from "../../gen/metal/v1/switch_pb.ts";
import { TenantSchema } from "../../gen/metal/v1/tenant_pb.ts";
import {
  allocationRequestTerms,
  bmcTerms,
  commandTerms,
  countedMachineFields,
  historyTerms,
  machineTerms,
  switchTerms,
} from "./machine-terms.ts";

/** What the server keeps beside the values of an entity. */
export interface Stamp {
  id: string;
  /** How often it was changed; undefined in a message that never came from the store. */
  version?: bigint;
  created?: Timestamp;
  changed?: Timestamp;
}

/** A field that entities are found by, and the entity's value there. */
export type Term<F extends string = string> = readonly [field: F, value: string];

/**
 * What is told of changes of a kind to those who follow them: that there was one, or also what the entity was before,
 * which costs a copy of it for each change.
 */
export type Watched = "change" | "state";

/** One kind of entity. */
export interface Entity<S extends DescMessage = DescMessage, F extends string = string> {
  readonly schema: S;
  /** What people call one of it. */
  readonly noun: string;
  /** The path of the field that holds the version. */
  readonly versionField: string;
  stampOf(this: void, message: MessageShape<S>): Stamp;
  /** Sets id, version and times in the message. */
  setStamp(this: void, message: MessageShape<S>, stamp: Stamp): void;
  /** Fields and values to find it by, the stamp aside. Several terms of one field mean a field of several values. */
  terms(this: void, message: MessageShape<S>): readonly Term<F>[];
  /** Absent: nobody can follow its changes. */
  readonly watched?: Watched;
  /**
   * Fields that are often asked how many entities have a value. To know it costs a write whenever an entity gets the
   * value or loses it, and those who do so at the same time wait for each other.
   */
  readonly counted?: readonly F[];
}

/** What is special about a kind. */
type Traits<F extends string> = Pick<Entity<DescMessage, F>, "watched" | "counted">;

type Terms<S extends DescMessage, F extends string> = (
  message: MessageShape<S>,
) => readonly Term<F>[];

interface Flat {
  id: string;
  generation?: bigint;
  created?: Timestamp;
  changed?: Timestamp;
}

/** Kinds whose id, generation and times lie beside their values. */
function flat<S extends DescMessage & { readonly typeName: string }, F extends string>(
  schema: MessageShape<S> extends Flat ? S : never,
  noun: string,
  terms: Terms<S, F>,
  traits: Traits<NoInfer<F>> = {},
): Entity<S, F> {
  return {
    schema,
    noun,
    versionField: "generation",
    terms,
    ...traits,
    stampOf: (message) => {
      const { id, generation, created, changed } = message as unknown as Flat;
      return { id, version: generation, created, changed };
    },
    setStamp: (message, { id, version, created, changed }) => {
      Object.assign(message, { id, generation: version, created, changed });
    },
  };
}

interface Masterdata {
  meta?: Meta;
}

/** Kinds that keep id, version and times in `meta`. */
function masterdata<S extends DescMessage, F extends string>(
  schema: MessageShape<S> extends Masterdata ? S : never,
  noun: string,
  terms: Terms<S, F>,
): Entity<S, F> {
  return {
    schema,
    noun,
    versionField: "meta.version",
    terms,
    stampOf: (message) => {
      const { id = "", version, createdTime, updatedTime } = (message as Masterdata).meta ?? {};
      return { id, version, created: createdTime, changed: updatedTime };
    },
    setStamp: (message, { id, version, created, changed }) => {
      const holder = message as Masterdata;
      holder.meta ??= create(MetaSchema);
      Object.assign(holder.meta, { id, version, createdTime: created, updatedTime: changed });
    },
  };
}

const pairs = (map: Record<string, string> | undefined): string[] =>
  Object.entries(map ?? {}).map(([key, value]) => `${key}=${value}`);
const each = <F extends string>(field: F, values: readonly string[]): Term<F>[] =>
  values.map((value) => [field, value]);
/** The families of canonical addresses or prefixes. */
const familiesOf = (texts: readonly string[]): string[] =>
  texts.map((text) => (text.includes(":") ? "IPv6" : "IPv4"));

/** The key of the tag that says which machine has an IP. */
export const machineTagKey = "machine.metal-stack.io/id";
const isMachineTag = (tag: string): boolean =>
  tag === machineTagKey || tag.startsWith(`${machineTagKey}=`);

export const entities = {
  tenant: masterdata(TenantSchema, "tenant", (t) => [
    ["name", t.name],
    ...each("annotation", pairs(t.meta?.annotations)),
  ]),
  project: masterdata(ProjectSchema, "project", (p) => [
    ["name", p.name],
    ["description", p.description],
    ["tenant", p.tenantId],
    ...each("annotation", pairs(p.meta?.annotations)),
  ]),
  partition: flat(PartitionSchema, "partition", (p) => [
    ["name", p.name],
    ...each("label", pairs(p.labels)),
  ]),
  image: flat(ImageSchema, "image", (i) => [
    ["name", i.name],
    ["os", i.os],
    ["version", i.version],
    ["classification", `${i.classification}`],
    ...each(
      "feature",
      i.features.map((feature) => `${feature}`),
    ),
  ]),
  size: flat(SizeSchema, "size", (s) => [["name", s.name], ...each("label", pairs(s.labels))]),
  sizeReservation: flat(SizeReservationSchema, "size reservation", (r) => [
    ["size", r.sizeId],
    ["project", r.projectId],
    ...each("partition", r.partitionIds),
  ]),
  filesystemLayout: flat(FilesystemLayoutSchema, "filesystem layout", (l) => [
    ["name", l.name],
    ...each("size", l.constraints?.sizes ?? []),
    ...each("os", Object.keys(l.constraints?.images ?? {})),
  ]),
  sizeImageConstraint: flat(SizeImageConstraintSchema, "size image constraint", (c) => [
    ["name", c.name],
    ...each("os", Object.keys(c.constraints?.images ?? {})),
  ]),
  network: flat(NetworkSchema, "network", (n) => [
    ["name", n.name],
    ["partition", n.partitionId],
    ["project", n.projectId],
    ["parent", n.parentNetworkId],
    ["vrf", n.vrf === 0 ? "" : `${n.vrf}`],
    ["nat", `${n.nat ?? false}`],
    ["super", `${n.privateSuper ?? false}`],
    ["underlay", `${n.underlay ?? false}`],
    ["shared", `${n.shared ?? false}`],
    ["type", `${n.networkType}`],
    ["natType", `${n.natType}`],
    ...each("family", familiesOf(n.prefixes)),
    ...each("prefix", n.prefixes),
    ...each("destination", n.destinationPrefixes),
    ...each("label", pairs(n.labels)),
  ]),
  ip: flat(IPSchema, "IP", (i) => [
    ["name", i.name],
    ["network", i.networkId],
    ["project", i.projectId],
    ["prefix", i.networkPrefix],
    ["allocation", i.allocationUuid],
    ["type", `${i.type}`],
    ["unattached", i.tags.some(isMachineTag) ? "" : i.projectId],
    ...each("family", familiesOf([i.networkPrefix])),
    ...each("tag", i.tags),
  ]),
  usage: flat(UsageSchema, "usage entry", (u) => [
    ["principal", u.principal],
    ["procedure", u.procedure],
  ]),
  user: flat(
    UserSchema,
    "user",
    (u) => [
      ["type", u.type],
      ["component", u.component],
      ["owner", u.owner],
    ],
    { watched: "change" },
  ),
  machine: flat(MachineSchema, "machine", machineTerms, {
    watched: "state",
    counted: countedMachineFields,
  }),
  machineHistory: flat(MachineHistorySchema, "history of machine", historyTerms, {
    watched: "change",
  }),
  machineBmc: flat(MachineBMCRecordSchema, "BMC of machine", bmcTerms),
  machineWait: flat(MachineWaitSchema, "wait of machine", () => []),
  machineSecret: flat(MachineSecretSchema, "secret of machine", () => []),
  bmcCommand: flat(BMCCommandSchema, "BMC command", commandTerms, { watched: "change" }),
  allocationRequest: flat(AllocationRequestSchema, "allocation request", allocationRequestTerms),
  switch: flat(SwitchSchema, "switch", switchTerms),
  switchStatus: flat(SwitchStatusSchema, "status of switch", () => []),
  auditSink: flat(AuditSinkSchema, "sink of the audit", () => []),
  secretMark: flat(SecretMarkSchema, "mark of secrets", () => []),
  jobLease: flat(JobLeaseSchema, "lease of job", () => []),
} as const;

export type Kind = keyof typeof entities;
export type EntityOf<K extends Kind> =
  (typeof entities)[K] extends Entity<infer S, string> ? MessageShape<S> : never;
/** The fields a kind is found by; every kind is also found by its id. */
export type FieldOf<K extends Kind> =
  | "id"
  | ((typeof entities)[K] extends Entity<DescMessage, infer F> ? F : never);
