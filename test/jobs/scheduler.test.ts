import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { createLease, leaseMs } from "../../src/jobs/lease.ts";
import { createScheduler, type Job, type Scheduler } from "../../src/jobs/scheduler.ts";
import type { Store } from "../../src/store/store.ts";
import { openTestStore } from "../world/store.ts";

let store: Store;
const clock = { ms: 0 };
const now = () => clock.ms;
const ran: string[] = [];
const errors: unknown[] = [];
const schedulers: Scheduler[] = [];
beforeEach(async () => {
  clock.ms = Date.now();
  ran.length = 0;
  errors.length = 0;
  store = await openTestStore();
});
afterEach(async () => {
  await Promise.all(schedulers.splice(0).map((scheduler) => scheduler.stop()));
  await store.close();
});

const job = (name: string, everyMs: number, work = async () => {}): Job => ({
  name,
  everyMs,
  run: async () => {
    ran.push(name);
    await work();
  },
});

/** A scheduler that looks only when it is told to. */
function start(...jobs: Job[]): Scheduler {
  const lease = createLease(store, "jobs", now);
  const log = { error: (fields: object) => errors.push(fields) };
  const scheduler = createScheduler({ jobs, lease, now, log, everyMs: 2 ** 30 });
  schedulers.push(scheduler);
  return scheduler;
}

test("a job runs at once, and then whenever its time has come", async () => {
  const scheduler = start(job("often", 10), job("rarely", 100));
  await scheduler.look();
  await scheduler.look();
  clock.ms += 10;
  await scheduler.look();
  clock.ms += 90;
  await scheduler.look();
  expect(ran).toEqual(["often", "rarely", "often", "often", "rarely"]);
});

test("jobs run on one server, and on the next one when that is gone", async () => {
  const [one, other] = [start(job("one", 10)), start(job("other", 10))];
  for (let count = 0; count < 3; count += 1) {
    await one.look();
    await other.look();
    clock.ms += 10;
  }
  expect(ran).toEqual(["one", "one", "one"]);
  await one.stop();
  await other.look();
  expect(ran.at(-1)).toBe("other");
});

test("a server that ended without a word is replaced when its lease ends", async () => {
  const [, other] = [await start(job("one", 10)).look(), start(job("other", 10))];
  clock.ms += leaseMs - 1;
  await other.look();
  expect(ran).toEqual(["one"]);
  clock.ms += 1;
  await other.look();
  expect(ran).toEqual(["one", "other"]);
});

test("a job that fails is logged, keeps no other from running, and is tried again", async () => {
  const failing = job("failing", 10, () => Promise.reject(new Error("no")));
  const scheduler = start(failing, job("other", 10));
  await scheduler.look();
  expect(errors).toMatchObject([{ job: "failing" }]);
  clock.ms += 10;
  await scheduler.look();
  expect(ran).toEqual(["failing", "other", "failing", "other"]);
});

test("a store that does not answer is logged, and asked again", async () => {
  const scheduler = start(job("one", 10));
  await store.close();
  await scheduler.look();
  expect([ran, errors.length]).toEqual([[], 1]);
  store = await openTestStore();
});

test("a job is not run beside itself, and stopping waits for it", async () => {
  const gate = Promise.withResolvers<void>();
  const scheduler = start(
    job("slow", 10, () => gate.promise),
    job("next", 10),
  );
  const looking = scheduler.look();
  while (ran.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  clock.ms += 10;
  void scheduler.look();
  let stopped = false;
  const stopping = scheduler.stop().then(() => (stopped = true));
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect([ran, stopped]).toEqual([["slow"], false]);
  gate.resolve();
  await Promise.all([looking, stopping]);
  expect(ran).toEqual(["slow"]);
});

test("it looks by itself", async () => {
  const lease = createLease(store, "jobs", now);
  const log = { error: (fields: object) => errors.push(fields) };
  const done = Promise.withResolvers<void>();
  const jobs = [job("one", 10, async () => done.resolve())];
  schedulers.push(createScheduler({ jobs, lease, now, log, everyMs: 1 }));
  await done.promise;
  expect(ran).toEqual(["one"]);
});

test("a job that takes long is told when its server stops, and is waited for", async () => {
  const began = Promise.withResolvers<void>();
  const long: Job = {
    name: "long",
    everyMs: 10,
    run: (stopping) =>
      new Promise((resolve) => {
        stopping.addEventListener("abort", () => {
          ran.push("ended");
          resolve();
        });
        began.resolve();
      }),
  };
  const scheduler = start(long);
  const looked = scheduler.look();
  await began.promise;
  await scheduler.stop();
  expect(ran).toEqual(["ended"]);
  await looked;
});
