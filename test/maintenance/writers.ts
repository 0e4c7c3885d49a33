// Callers of a server who write without a pause, and note what they were told.
import { setTimeout as pause } from "node:timers/promises";
import { IPService } from "../../gen/metal/v1/ip_pb.ts";
import { ProjectService } from "../../gen/metal/v1/project_pb.ts";
import type { Store } from "../../src/store/store.ts";
import { buildNetworks } from "../world/networks.ts";
import type { World } from "../world/server.ts";

/** What is under way. */
export interface Writers {
  /** Ids of projects whose creation was answered. */
  readonly created: readonly string[];
  /** Resolves when so many more have been created. */
  more(count: number): Promise<void>;
  stop(): Promise<void>;
}

/** Builds networks, and starts to create projects and to take and give back addresses. */
export async function startWriters(world: World): Promise<Writers> {
  await buildNetworks(world);
  const created: string[] = [];
  let stopped = false;
  const projects = world.client(ProjectService, "admin");
  const create = async () => {
    const id = `project-${created.length}`;
    await projects.create({ project: { meta: { id } } });
    created.push(id);
  };
  const ips = world.client(IPService, "edit");
  const takeAndGiveBack = async () => {
    const { ip } = await ips.allocate({ ip: { networkId: "internet", projectId: "p" } });
    await ips.free({ id: ip?.id ?? "" });
  };
  const again = async (work: () => Promise<void>) => {
    while (!stopped) await work();
  };
  const running = [again(create), again(takeAndGiveBack), again(takeAndGiveBack)];
  return {
    created,
    async more(count) {
      const goal = created.length + count;
      while (created.length < goal) await pause(5);
    },
    async stop() {
      stopped = true;
      await Promise.all(running);
    },
  };
}

/** Of these projects those that a store does not have. */
export async function missing({ read }: Store, ids: readonly string[]): Promise<string[]> {
  const found = await Promise.all(ids.map((id) => read.project.get(id)));
  return ids.filter((_, index) => found[index] === undefined);
}
