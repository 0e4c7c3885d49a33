// A simulated machine: what metal-hammer and the operating system do on it, from power-on to power-off.
import { Code, ConnectError } from "@connectrpc/connect";
import { timestampNow } from "@bufbuild/protobuf/wkt";
import { BootService } from "../../gen/api/v1/boot_pb.ts";
import { EventService } from "../../gen/api/v1/event_pb.ts";
import {
  type Machine,
  MachineInstallationState,
  MachineService,
} from "../../gen/metal/v1/machine_pb.ts";
import { createBmcFailures, createMishaps, createRetreats, type Mishap } from "./fault.ts";
import { bootMac, registrationOf, type Versions } from "./hardware.ts";
import type { Place } from "./layout.ts";
import { pause, persist, repeat } from "./patience.ts";
import { entryAfter, type Entry, pacesMs, type Step, steps } from "./step.ts";
import type { Wire } from "./wire.ts";

/** What a machine is given. */
export interface MachineOptions {
  readonly place: Place;
  readonly wire: Wire;
  readonly seed: number;
  /** Ends everything. */
  readonly signal: AbortSignal;
  readonly onError: (error: unknown) => void;
}

/** A machine reports so often that it lives, in milliseconds. */
const aliveMs = 60_000;
/** An installed operating system takes so long to start, in milliseconds. */
const diskBootMs = 2_000;
/** A crashed machine boots again after this time, in milliseconds. */
const crashMs = 1_000;
/** So many boots in a row crash in a loop. */
const loopLength = 3;
/** How long a freed machine waits for its BMC before it boots by itself, in milliseconds. */
const reclaimMs = 15_000;

/** Ends a boot: the installer fails, and tells why. */
class Crash extends Error {}

/** A machine, as its BMC and its switches see it. */
export class SimulatedMachine {
  readonly place: Place;
  led: "ON" | "OFF" = "OFF";
  /** What its BIOS and its BMC run. */
  versions: Versions = { bios: "1.0", bmc: "1.0" };
  /** Why the next command of a person to its BMC fails, if it does. */
  readonly nextBmcFailure: () => string | undefined;
  /** Boots from the network at the next boot, whatever is on its disk. */
  networkBoot = false;
  /** Its operating system was started; its switches see it by LLDP. */
  runsSystem = false;
  readonly #boot;
  readonly #events;
  readonly #machines;
  readonly #pixie;
  readonly #nextMishap: () => Mishap | undefined;
  readonly #nextRetreat;
  readonly #options: MachineOptions;
  #isInstalled = false;
  #power: AbortController | undefined;
  #loops = 0;

  constructor(options: MachineOptions) {
    const { place, wire, seed } = options;
    this.place = place;
    this.#options = options;
    this.#boot = wire(BootService, "metal-hammer");
    this.#pixie = wire(BootService, "pixiecore");
    this.#events = wire(EventService, "metal-hammer");
    this.#machines = wire(MachineService, "metal-hammer");
    this.#nextMishap = createMishaps(seed, place.id);
    this.#nextRetreat = createRetreats(seed, place.id);
    this.nextBmcFailure = createBmcFailures(seed, place.id);
  }

  get power(): "ON" | "OFF" {
    return this.#power === undefined ? "OFF" : "ON";
  }

  /** Goes on where the machine was when the server last heard of it, unless its BMC was faster. */
  async resume(): Promise<void> {
    const known = await this.#known(this.#options.signal);
    if (this.#power !== undefined) return;
    const { state } = known?.allocation?.installation ?? {};
    this.#isInstalled = state === MachineInstallationState.SUCCEEDED;
    this.#start(entryAfter(known?.events?.log[0]?.event, this.#isInstalled));
  }

  /** Switches the machine on; nothing happens if it is. */
  on(): void {
    if (this.#power === undefined) this.#start(this.#bootEntry());
  }

  /** Switches the machine off. */
  off(): void {
    this.#power?.abort(new Error("the machine was switched off"));
    this.#power = undefined;
    this.runsSystem = false;
  }

  /** Switches the machine off and on. */
  restart(): void {
    this.off();
    this.on();
  }

  #bootEntry(): Entry {
    const fromDisk = this.#isInstalled && !this.networkBoot;
    this.networkBoot = false;
    return { at: fromDisk ? "system" : "PXE Booting", isTold: false };
  }

  #start(entry: Entry): void {
    const power = new AbortController();
    this.#power = power;
    const signal = AbortSignal.any([power.signal, this.#options.signal]);
    this.#live(entry, signal).catch((error: unknown) => {
      if (!signal.aborted) this.#options.onError(error);
    });
  }

  async #live(entry: Entry, signal: AbortSignal): Promise<void> {
    for (let next = entry; !signal.aborted; next = this.#bootEntry()) {
      if (next.at === "reclaimed") await pause(reclaimMs, signal);
      if (next.at === "system") return this.#bootFromDisk(next, signal);
      if (next.at !== "reclaimed" && (await this.#bootFromNetwork(next, signal)))
        return this.#runSystem();
    }
  }

  async #bootFromDisk({ isTold }: Entry, signal: AbortSignal): Promise<void> {
    if (!isTold) await pause(diskBootMs, signal);
    this.#runSystem();
  }

  #runSystem(): void {
    this.#isInstalled = true;
    this.runsSystem = true;
  }

  /** True if the operating system was started; false if the machine is to boot again. */
  async #bootFromNetwork(entry: Entry, signal: AbortSignal): Promise<boolean> {
    const life = new AbortController();
    const hammer = AbortSignal.any([life.signal, signal]);
    try {
      await this.#walk(entry, hammer);
      return true;
    } catch (error) {
      signal.throwIfAborted();
      this.networkBoot = true; // Whatever was on its disk, it is not what was asked for.
      await this.#send("Crashed", messageOf(error), signal);
      await pause(crashMs, signal);
      return false;
    } finally {
      life.abort(new Error("the installer ended"));
    }
  }

  async #walk({ at, isTold }: Entry, signal: AbortSignal): Promise<void> {
    const mishap = this.#mishap();
    const first = steps.findIndex(({ event }) => event === at);
    for (const step of steps.slice(first)) {
      const isAgain = isTold && step.event === at;
      if (await this.#isSkipped(step, signal)) continue;
      if (step.isSent && !isAgain) await this.#send(step.event, step.message, signal);
      if (step.event === "Preparing" || isAgain) this.#stayAlive(signal);
      await this.#act(step, signal);
      if (mishap?.after === step.event) await this.#suffer(mishap, signal);
    }
  }

  #mishap(): Mishap | undefined {
    const mishap = this.#nextMishap();
    if (mishap?.fault === "loop") this.#loops = loopLength;
    this.#loops = Math.max(this.#loops - 1, 0);
    return this.#loops > 0 ? { fault: "loop", after: "Preparing" } : mishap;
  }

  async #suffer({ fault, after }: Mishap, signal: AbortSignal): Promise<void> {
    if (fault !== "silence") throw new Crash(`exit status 1 after ${after}`);
    await new Promise((_, reject) =>
      signal.addEventListener("abort", () => reject(new Crash("was silent")), { once: true }),
    );
  }

  /** What is to be installed again does not wait. */
  async #isSkipped({ event }: Step, signal: AbortSignal): Promise<boolean> {
    return event === "Waiting" && ((await this.#known(signal))?.allocation?.reinstall ?? false);
  }

  async #act({ event }: Step, signal: AbortSignal): Promise<void> {
    const { place } = this;
    const acts: Readonly<Record<string, () => Promise<unknown>>> = {
      "PXE Booting": async () => {
        await persist(signal, (terms) => this.#pixie.dhcp({ uuid: place.id }, terms));
        const request = { mac: bootMac(place), partitionId: place.partition };
        await persist(signal, (terms) => this.#pixie.boot(request, terms));
      },
      Preparing: () => persist(signal, (terms) => this.#boot.superUserPassword({}, terms)),
      Registering: () =>
        persist(signal, (terms) =>
          this.#boot.register(registrationOf(place, this.versions), terms),
        ),
      Waiting: () => this.#wait(signal),
      Installing: () => this.#install(signal),
    };
    await acts[event]?.();
    await pause(pacesMs[event] ?? 0, signal);
  }

  /** Waits until the server ends the stream in good order. */
  async #wait(signal: AbortSignal): Promise<void> {
    this.#isInstalled = false; // Its disks are wiped before it waits.
    const request = { machineId: this.place.id };
    await persist(signal, async () => {
      for await (const _ of this.#boot.wait(request, { signal })) signal.throwIfAborted();
    });
  }

  async #install(signal: AbortSignal): Promise<void> {
    const allocation = (await this.#known(signal))?.allocation;
    if (allocation === undefined) throw new Crash("there is nothing to install");
    if (allocation.reinstall && (await this.#retreats(signal))) return;
    await pause(pacesMs["Installing"] ?? 0, signal);
    const report = {
      uuid: this.place.id,
      success: true,
      consolePassword: `console of ${this.place.id}`,
      bootInfo: {
        imageId: allocation.imageId,
        primaryDisk: "/dev/nvme0n1",
        osPartition: "/dev/nvme0n1p2",
        initrd: "/boot/initrd.img",
        cmdline: "console=ttyS0",
        kernel: "/boot/vmlinuz",
        bootloaderId: "metal",
      },
    };
    await persist(signal, (terms) => this.#boot.report(report, terms));
  }

  /** True if installing again was given up and the old system is booted. Throws Crash if that was wiped. */
  async #retreats(signal: AbortSignal): Promise<boolean> {
    const retreat = this.#nextRetreat();
    if (retreat === undefined) return false;
    const request = { uuid: this.place.id, primaryDiskWiped: retreat === "wiped" };
    const { bootInfo } = await persist(signal, (terms) =>
      this.#boot.abortReinstall(request, terms),
    );
    if (bootInfo !== undefined) return true;
    this.#isInstalled = false;
    throw new Crash("could not be installed again");
  }

  #stayAlive(signal: AbortSignal): void {
    const { onError } = this.#options;
    void repeat({ signal, ms: aliveMs, onError }, async () => {
      await pause(aliveMs, signal);
      await this.#send("Alive", "", signal);
    });
  }

  async #send(event: string, message: string, signal: AbortSignal): Promise<void> {
    const { id } = this.place;
    const events = { [id]: { time: timestampNow(), event, message } };
    await persist(signal, (terms) => this.#events.send({ events }, terms));
  }

  async #known(signal: AbortSignal): Promise<Machine | undefined> {
    const { id } = this.place;
    return persist(signal, async (terms) => {
      const { machine } = await this.#machines.get({ id }, terms).catch(unlessMissing);
      return machine;
    });
  }
}

/** A machine that the server does not know. */
function unlessMissing(error: unknown): { readonly machine?: Machine } {
  if (ConnectError.from(error).code !== Code.NotFound) throw error;
  return {};
}

function messageOf(error: unknown): string {
  return error instanceof Crash ? error.message : ConnectError.from(error).message;
}
