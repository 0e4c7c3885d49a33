// Callers that take addresses, give them back, create what has an id of their choice and change what others change too,
// and note what they were told. What was answered must be so; what was not answered may be either way.
import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { Code, ConnectError } from "@connectrpc/connect";
import { IPService } from "../../gen/metal/v1/ip_pb.ts";
import { NetworkService } from "../../gen/metal/v1/network_pb.ts";
import { PartitionService } from "../../gen/metal/v1/partition_pb.ts";
import { ProjectService } from "../../gen/metal/v1/project_pb.ts";
import { every } from "../../src/domain/every.ts";
import type { Store } from "../../src/store/store.ts";
import { faultsOf } from "../world/books.ts";
import { until } from "../world/until.ts";
import type { Replica } from "./replica.ts";

/** Success, an entity that another has changed meanwhile, a pool without a free address. */
const ordinary = ["ok", "Aborted", "ResourceExhausted"];

/** What callers were told, all together. They meet at a network and at a partition of their own. */
export class History {
  readonly place: Place;
  /** Addresses that somebody was given and nobody has begun to give back, by address: whose they are. */
  readonly held = new Map<string, string>();
  /** Ids of entities whose creation was answered. */
  readonly created: string[] = [];
  /** How many changes of the counter were answered, and how many were not. */
  readonly changes = { answered: 0, unknown: 0 };
  /** Addresses that were given to somebody while another held them. */
  readonly twice: string[] = [];
  /** What calls came to, by caller: how many "ok", "unavailable" and so on. */
  readonly outcomes = new Map<string, Map<string, number>>();

  constructor(place: Place) {
    this.place = place;
  }

  count(caller: string, outcome: string): void {
    const counts = this.outcomes.get(caller) ?? new Map<string, number>();
    this.outcomes.set(caller, counts.set(outcome, (counts.get(outcome) ?? 0) + 1));
  }

  /** What calls came to beside what they may come to without any fault. */
  faults(caller: string): string[] {
    const outcomes = [...(this.outcomes.get(caller)?.keys() ?? [])];
    return outcomes.filter((outcome) => !ordinary.includes(outcome)).sort();
  }

  succeeded(caller: string): number {
    return this.outcomes.get(caller)?.get("ok") ?? 0;
  }
}

/** Where callers meet. */
interface Place {
  readonly network: string;
  readonly project: string;
  /** The partition that all callers change: its description is how often it was changed. */
  readonly counter: string;
}

/** Creates a place where callers meet, with a few addresses; `number` tells it from others, 1 to 255. */
export async function prepare(replica: Replica, number: number): Promise<History> {
  const place = { network: `n${number}`, project: `p${number}`, counter: `counter-${number}` };
  const { network: id, project, counter } = place;
  await replica.client(ProjectService).create({ project: { meta: { id: project } } });
  const network = { id, vrf: number, prefixes: [`10.0.${number}.0/26`] };
  await replica.client(NetworkService).create({ network });
  await replica.client(PartitionService).create({ partition: { id: counter, description: "0" } });
  return new History(place);
}

/** Callers of one replica, until they are stopped. */
export interface Callers {
  stop(): Promise<void>;
}

/** Starts so many callers of a replica. */
export function startCallers(
  history: History,
  { name, replica, callers = 4 }: { name: string; replica: Replica; callers?: number },
): Callers {
  let stopped = false;
  const run = async (index: number) => {
    const caller = new Caller(history, name, replica);
    for (let turn = index; !stopped; turn += 1) await caller.act(turn);
  };
  const running = Promise.all(Array.from({ length: callers }, (_, index) => run(index)));
  return {
    stop: async () => {
      stopped = true;
      await running;
    },
  };
}

class Caller {
  readonly #history: History;
  readonly #name: string;
  readonly #replica: Replica;
  readonly #own: string[] = [];

  constructor(history: History, name: string, replica: Replica) {
    this.#history = history;
    this.#name = name;
    this.#replica = replica;
  }

  async act(turn: number): Promise<void> {
    const acts = [
      () => this.#take(),
      () => this.#create(),
      () => this.#take(),
      () => this.#change(),
      () => (this.#own.length > 3 ? this.#giveBack() : this.#take()),
    ];
    const outcome = await acts[turn % acts.length]?.().then(() => "ok", outcomeOf);
    this.#history.count(this.#name, outcome ?? "");
    // Who is refused at once does not ask again at once.
    if (outcome !== "ok") await pause(20);
  }

  async #take(): Promise<void> {
    const { network, project } = this.#history.place;
    const wish = { networkId: network, projectId: project, name: this.#name };
    const { ip } = await this.#replica.client(IPService).allocate({ ip: wish });
    if (ip === undefined) throw new Error("the answer lacks the address");
    const { held, twice } = this.#history;
    if (held.has(ip.id)) twice.push(`${ip.id}: ${held.get(ip.id)} and ${this.#name}`);
    held.set(ip.id, ip.allocationUuid);
    this.#own.push(ip.id);
  }

  async #giveBack(): Promise<void> {
    const id = this.#own.shift() ?? "";
    // From here on nobody knows, until there is an answer.
    this.#history.held.delete(id);
    await this.#replica.client(IPService).free({ id });
  }

  async #create(): Promise<void> {
    const id = `${this.#name}-${randomUUID()}`;
    await this.#replica.client(PartitionService).create({ partition: { id } });
    this.#history.created.push(id);
  }

  async #change(): Promise<void> {
    const partitions = this.#replica.client(PartitionService);
    const { partition } = await partitions.get({ id: this.#history.place.counter });
    if (partition === undefined) throw new Error("the answer lacks the partition");
    const changed = { ...partition, description: `${Number(partition.description) + 1}` };
    try {
      await partitions.update({ partition: changed, updateMask: { paths: ["description"] } });
      this.#history.changes.answered += 1;
    } catch (error) {
      if (ConnectError.from(error).code !== Code.Aborted) this.#history.changes.unknown += 1;
      throw error;
    }
  }
}

function outcomeOf(error: unknown): string {
  return Code[ConnectError.from(error).code] ?? "Unknown";
}

/** What the store does not keep of what callers were told; nothing if all is well. */
export async function brokenPromises(store: Store, history: History): Promise<string[]> {
  const ips = await Array.fromAsync(every(store.read.ip, "ip"));
  const holders = new Map(ips.map(({ id, allocationUuid }) => [id, allocationUuid]));
  const lost = [...history.held].filter(([id, uuid]) => holders.get(id) !== uuid);
  const partitions = await Array.fromAsync(every(store.read.partition, "partition"));
  const ids = new Set(partitions.map(({ id }) => id));
  const missing = history.created.filter((id) => !ids.has(id));
  return [
    ...(await faultsOf(store)),
    ...history.twice,
    ...lost.map(([id]) => `address "${id}" is not its holder's any more`),
    ...missing.map((id) => `partition "${id}" was created and is not there`),
    ...(await wrongCount(store, history)),
  ];
}

/** Every change that was answered counts once, and of those that were not, each at most once. */
async function wrongCount(store: Store, { changes, place }: History): Promise<string[]> {
  const partition = await store.read.partition.get(place.counter);
  const count = Number(partition?.description);
  const least = changes.answered;
  const most = least + changes.unknown;
  if (count >= least && count <= most && BigInt(count) === partition?.generation) return [];
  return [`${count} changes in version ${partition?.generation}, not ${least} to ${most}`];
}

/** Waits until callers of this name have succeeded once more. */
export function untilNextSuccess(history: History, name: string): Promise<void> {
  const before = history.succeeded(name);
  return until(() => history.succeeded(name) > before);
}
