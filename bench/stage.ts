// What every workload uses: an inventory, callers with credentials, and servers, each started when it is first needed.
import { randomBytes } from "node:crypto";
import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { MachineService } from "../gen/metal/v1/machine_pb.ts";
import { BareServers } from "./bare-servers.ts";
import { type Bare, metalConnect, type MetalSettings } from "./contender.ts";
import { keepInventory, machineId } from "./inventory.ts";
import { audience, startIssuer } from "./issuer.ts";
import { startBundled } from "./load/bundled.ts";
import { h2load, hasH2load } from "./load/h2load.ts";
import type { Generator, Signer } from "./load/load.ts";
import type { Options } from "./options.ts";
import { type ServerProcess, startServer } from "./server-process.ts";
import type { Prepared } from "./servers/prepared.ts";
import type { Http } from "./wire.ts";

/** The three default users. */
export type Caller = keyof MetalSettings["keys"];

const hmacTypes: Readonly<Record<Caller, string>> = {
  view: "Metal-View",
  edit: "Metal-Edit",
  admin: "Metal-Admin",
};

/** Where workloads run. Use with `await using`. */
export interface Stage extends AsyncDisposable {
  readonly options: Options;
  /** metal-connect with everything on. */
  readonly metal: ServerProcess;
  /** How it was started. */
  readonly settings: MetalSettings;
  /** The header of an OIDC token, which may be used again and again. */
  bearer(caller: Caller): Promise<Readonly<Record<string, string>>>;
  /** h2load where it is found, the bundled generator otherwise. */
  readonly generator: Generator;
  /** The bundled generator. */
  readonly bundled: Generator;
  /** A user that signs its calls. */
  readonly signer: (caller: Caller) => Signer;
  /** What bare servers answer. */
  readonly prepared: Prepared;
  /** A server of the table that speaks this version of HTTP. */
  bare(bare: Bare, http: Http): Promise<ServerProcess>;
  /** The path of a file that is gone when the stage is. */
  readonly file: (name: string) => string;
  /** Tells whoever waits what is done now. */
  readonly note: (text: string) => void;
}

/** The machine that is asked for. */
export const askedFor = machineId(77);
/** A machine that changes; it is on no page that is asked for. */
export const changing = machineId(150);
/** So many machines are known: more than a page of them. */
const machines = 200;
export const pageSize = 100;

/** Sets everything up. */
export async function openStage(options: Options, note: Stage["note"]): Promise<Stage> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await mkdtempDisposable(join(tmpdir(), "metal-bench-")));
  const file = (name: string) => join(folder.path, name);
  const issuer = stack.use(await startIssuer());
  const settings = settingsOf(file, issuer.url);
  await keepInventory(settings.data, machines);
  const metal = stack.use(await startServer(metalConnect(settings)));
  const bearer = async (caller: Caller) => ({
    authorization: `Bearer ${await issuer.token(caller)}`,
  });
  const prepared = await answersOf(metal, await bearer("view"));
  const servers = stack.use(new BareServers(file("bare"), prepared));
  const bundled = stack.use(startBundled()).generator;
  const kept = stack.move();
  return {
    options,
    note,
    file,
    settings,
    metal,
    bearer,
    prepared,
    bundled,
    signer: (caller) => ({ type: hmacTypes[caller], key: settings.keys[caller] }),
    generator: hasH2load() ? h2load : bundled,
    bare: (bare, http) => servers.get(bare, http),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

function settingsOf(file: Stage["file"], issuer: string): MetalSettings {
  const key = () => randomBytes(32).toString("hex");
  const keys = { view: key(), edit: key(), admin: key() };
  return { data: file("data"), log: file("metal-connect.log"), issuer, audience, keys };
}

/** What metal-connect answers, for the others to answer as well. */
async function answersOf(
  { url }: ServerProcess,
  headers: Readonly<Record<string, string>>,
): Promise<Prepared> {
  const transport = createConnectTransport({ baseUrl: url, httpVersion: "1.1" });
  const client = createClient(MachineService, transport);
  return {
    get: await client.get({ id: askedFor }, { headers }),
    list: await client.list({ pageSize }, { headers }),
  };
}
