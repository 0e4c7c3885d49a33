// What is asked of data centres of different sizes.
import { setTimeout as pause } from "node:timers/promises";
import { type Client, type CallOptions, createClient, type Transport } from "@connectrpc/connect";
import { AuditService } from "../../gen/metal/v1/audit_pb.ts";
import { IPService } from "../../gen/metal/v1/ip_pb.ts";
import { MachineChangeKind, MachineService } from "../../gen/metal/v1/machine_pb.ts";
import { imageId, largeProject, machineId, networkId, place, smallProject } from "./inventory.ts";

/** A data centre as its users see it. */
export interface Site {
  readonly machines: number;
  /** A private network of the large project. */
  readonly privateId: string;
  readonly machine: Client<typeof MachineService>;
  readonly ip: Client<typeof IPService>;
  readonly audit: Client<typeof AuditService>;
  /** The credential of an Admin. */
  readonly admin: CallOptions;
}

/** A site at the other end of `transport`. */
export function siteOf(
  transport: Transport,
  facts: Pick<Site, "machines" | "privateId" | "admin">,
): Site {
  return {
    ...facts,
    machine: createClient(MachineService, transport),
    ip: createClient(IPService, transport),
    audit: createClient(AuditService, transport),
  };
}

/** Something that is asked. */
export interface Operation {
  readonly name: string;
  /** How many times as long it may take with a hundred times as many machines. */
  readonly bound?: number;
  /** Asks, and returns how long it took, in milliseconds. */
  readonly ask: (site: Site, round: number) => Promise<number>;
}

async function timed(call: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await call();
  return performance.now() - begin;
}

const pageSize = 100;

/** Everything, in the order in which it is asked. */
export const operations: readonly Operation[] = [
  {
    name: "get a machine",
    bound: 1.3,
    ask: ({ machine, machines, admin }, round) =>
      timed(() => machine.get({ id: machineId((round * 7919) % machines) }, admin)),
  },
  {
    name: "page of machines of a large project, size and partition",
    bound: 1.3,
    ask: ({ machine, admin }) =>
      timed(() => machine.list({ ...place, projectId: largeProject, pageSize }, admin)),
  },
  {
    name: "page of machines of a small project, size and partition",
    bound: 1.3,
    ask: ({ machine, admin }) =>
      timed(() => machine.list({ ...place, projectId: smallProject, pageSize }, admin)),
  },
  {
    name: "page of addresses of a network",
    bound: 1.3,
    ask: ({ ip, admin }) => timed(() => ip.list({ networkId, pageSize }, admin)),
  },
  {
    name: "page of refusals in the audit",
    bound: 1.3,
    ask: ({ audit, admin }) =>
      timed(() =>
        audit.list(
          { procedure: "metal.v1.MachineService/Allocate", refused: true, pageSize },
          admin,
        ),
      ),
  },
  {
    name: "page of machines with issues",
    ask: ({ machine, admin }) => timed(() => machine.listIssues({ pageSize: 10 }, admin)),
  },
  {
    name: "allocate a machine",
    bound: 2,
    ask: ({ machine, admin, privateId }, round) =>
      timed(() =>
        machine.allocate(
          {
            ...place,
            name: `scale-${round}`,
            projectId: largeProject,
            imageId,
            networks: [{ networkId: privateId }],
          },
          admin,
        ),
      ),
  },
  {
    name: "allocate an address",
    bound: 2,
    ask: ({ ip, admin }) =>
      timed(() => ip.allocate({ ip: { networkId, projectId: largeProject } }, admin)),
  },
  { name: "see a change of a machine", ask: watchLatency },
];

/** From the call that changes a machine to the message that tells of it. */
async function watchLatency({ machine, machines, admin }: Site, round: number): Promise<number> {
  const id = machineId((((round * 5 + 1) * 7) % machines) | 1);
  const ended = new AbortController();
  const messages = machine
    .watch({ id }, { ...admin, signal: ended.signal })
    [Symbol.asyncIterator]();
  try {
    for (;;) {
      const { value } = await messages.next();
      if (value?.kind === MachineChangeKind.SYNCED) break;
    }
    const next = messages.next();
    await pause(20);
    const begin = performance.now();
    await machine.setTags({ id, tags: [`round=${round}`] }, admin);
    await next;
    return performance.now() - begin;
  } finally {
    ended.abort();
  }
}
