// Runs jobs when their time has come, one after the other, on the one server that holds the lease.
import type { Lease } from "./lease.ts";

/** Work that is to be done again and again. Doing it twice must do no harm: a lease may end while it runs. */
export interface Job {
  /** For the log. */
  readonly name: string;
  /** From the beginning of one run to that of the next, in milliseconds. */
  readonly everyMs: number;
  /** What may take long ends soon after `stopping` is aborted; the rest is done when its time has come again. */
  run(stopping: AbortSignal): Promise<void>;
}

/** What a scheduler is made of. */
export interface SchedulerOptions {
  readonly jobs: readonly Job[];
  readonly lease: Lease;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly log: { error(fields: object, message: string): void };
  /** How often it looks for what is to be done, in milliseconds; much less than a lease lasts. */
  readonly everyMs?: number;
}

/** Runs jobs until it is stopped. */
export interface Scheduler {
  /** Does now what is due. Never rejects: what fails is tried again when its time has come. */
  look(): Promise<void>;
  /** Lets what is under way come to an end, and gives the lease back. */
  stop(): Promise<void>;
}

const defaultEveryMs = 5_000;

/** Starts a scheduler. */
export function createScheduler(options: SchedulerOptions): Scheduler {
  const { lease, log, everyMs = defaultEveryMs } = options;
  const lastMs = new Map<string, number>();
  let running: Promise<void> | undefined;
  const stopping = new AbortController();
  let holds = false;

  const work = async () => {
    try {
      holds = await lease.hold();
      // Whoever takes over knows nothing of when others did it.
      if (!holds) lastMs.clear();
      for (const job of holds ? dueJobs(options, lastMs) : [])
        if (!stopping.signal.aborted) await run(options, job, stopping.signal);
    } catch (error) {
      log.error({ err: error }, "whose turn the jobs are is not known");
    }
  };
  const look = () => {
    running ??= work().finally(() => {
      running = undefined;
    });
    return running;
  };
  const timer = setInterval(() => void look(), everyMs).unref();
  return {
    look,
    async stop() {
      stopping.abort();
      clearInterval(timer);
      await running;
      const failed = (error: unknown) => log.error({ err: error }, "the lease of the jobs is kept");
      if (holds) await lease.release().catch(failed);
    },
  };
}

/** The jobs whose time has come, which counts as their last time from now on. */
function dueJobs({ jobs, now }: SchedulerOptions, lastMs: Map<string, number>): Job[] {
  const nowMs = now();
  const due = jobs.filter(
    ({ name, everyMs }) => nowMs - (lastMs.get(name) ?? Number.NEGATIVE_INFINITY) >= everyMs,
  );
  for (const { name } of due) lastMs.set(name, nowMs);
  return due;
}

async function run({ log }: SchedulerOptions, job: Job, stopping: AbortSignal): Promise<void> {
  try {
    await job.run(stopping);
  } catch (error) {
    log.error({ err: error, job: job.name }, "a job failed");
  }
}
