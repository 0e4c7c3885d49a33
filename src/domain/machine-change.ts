// What may be changed of an allocated machine: its tags, what people call it and what it is for, and who may log in.
import { create } from "@bufbuild/protobuf";
import { FieldMaskSchema } from "@bufbuild/protobuf/wkt";
import {
  type Machine,
  MachineAllocationSchema,
  MachineSchema,
} from "../../gen/metal/v1/machine_pb.ts";
import type { Transaction } from "../store/store.ts";
import { update } from "./entity.ts";
import { invalid } from "./errors.ts";
import { allocationOf } from "./machine.ts";
import { labelsOf } from "./machine-label.ts";
import { isReservedTag, machineTags } from "./machine-tag.ts";
import { sshKeyFault } from "./ssh-key.ts";

/** New tags; a description that is absent stays. */
export interface TagChange {
  readonly tags: readonly string[];
  readonly description?: string;
}

/**
 * Replaces the tags of an allocated machine but for the reserved ones, which stay whether or not they are sent. Throws
 * invalid_argument for a reserved one that the machine does not have.
 */
export function setTags(machine: Machine, { tags, description }: TagChange): void {
  const allocation = allocationOf(machine);
  const kept = machine.tags.filter(isReservedTag);
  refuse(
    tags.flatMap((tag, index) =>
      isReservedTag(tag) && !kept.includes(tag)
        ? [`tags[${index}]: the key of "${tag}" is reserved, and only Update changes it`]
        : [],
    ),
  );
  machine.tags = [...new Set([...tags.filter((tag) => !isReservedTag(tag)), ...kept])];
  if (description !== undefined) allocation.description = description;
}

/** Replaces the keys of those who may log in to an allocated machine. Throws invalid_argument for what is no key. */
export function setSshKeys(machine: Machine, keys: readonly string[]): void {
  const allocation = allocationOf(machine);
  assertKeys(keys);
  allocation.sshPublicKeys = [...keys];
}

function assertKeys(keys: readonly string[]): void {
  refuse(
    keys.flatMap((key, index) => {
      const reason = sshKeyFault(key);
      return reason === undefined ? [] : [`ssh_public_keys[${index}]: ${reason}`];
    }),
  );
}

/** An error goes into headers of the answer, so it says no more than anyone would read. */
const maxNamed = 20;

function refuse(reasons: readonly string[]): void {
  if (reasons.length > 0) throw invalid(reasons.slice(0, maxNamed).join("; "));
}

/** A machine as an administrator wants it. */
export interface SentMachine {
  readonly sent: Machine | undefined;
  /** What to change; if empty, what is set and can be changed. */
  readonly paths: readonly string[];
}

const changeable: ReadonlySet<string> = new Set([
  "tags",
  "allocation.name",
  "allocation.description",
  "allocation.ssh_public_keys",
  "allocation.ssh_pub_keys",
]);

/**
 * Changes an allocated machine. What the server says in tags stays. Throws invalid_argument for what cannot be changed or
 * is wrong, not_found, failed_precondition if it is not allocated, and aborted if it changed since it was read.
 */
export function changeMachine(
  tx: Pick<Transaction, "machine" | "machineBmc">,
  { sent, paths }: SentMachine,
): Promise<Machine> {
  const strange = paths.filter((path) => !changeable.has(path));
  if (strange.length > 0)
    throw invalid(`update_mask: "${strange.join('", "')}" cannot be changed by this`);
  return update(tx.machine, "machine", {
    sent: sent && onlyChangeable(sent),
    mask: create(FieldMaskSchema, { paths: [...paths] }),
    settle: async (after, before) => {
      allocationOf(before);
      assertKeys(allocationOf(after).sshPublicKeys);
      after.tags = machineTags(after.tags, await labelsOf(tx, before));
    },
  });
}

function onlyChangeable({ id, generation, tags, allocation }: Machine): Machine {
  const { name = "", description = "", sshPublicKeys = [] } = allocation ?? {};
  return create(MachineSchema, {
    id: id.toLowerCase(),
    ...(generation !== undefined && { generation }),
    tags,
    allocation: create(MachineAllocationSchema, { name, description, sshPublicKeys }),
  });
}
