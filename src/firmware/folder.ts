// A folder as the store for firmware: <kind>/<vendor>/<board>/<revision>/<sha256>. A file appears there by being
// renamed, complete and verified. BMCs load it from this server, with a token in the URL.
import { randomBytes, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { type FirmwareName, isFirmwareName } from "../domain/firmware.ts";
import { systemErrorCode } from "../domain/system-error.ts";
import { nameOf, pathOf } from "./path.ts";
import type { FirmwareStore, KeptFirmware, Upload } from "./store.ts";
import { createToken, readToken } from "./token.ts";
import { verified } from "./verified.ts";

/** What a store in a folder is made of. */
export interface FolderOptions {
  /** Made if missing. */
  readonly folder: string;
  /** Where BMCs reach this server, without a slash at the end. Throws failed_precondition if nobody knows. */
  readonly baseUrl: () => string;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** A file that a token is good for. */
export interface Download {
  /** In bytes. */
  readonly size: number;
  readonly read: () => Readable;
}

/** A store in a folder, which hands out its files itself. */
export interface FirmwareFolder extends FirmwareStore {
  /** The file that a token is good for; undefined if it is for none. */
  open(token: string): Promise<Download | undefined>;
}

/** The path of URLs, before the token. */
export const downloadPath = "/firmware/";

/** What lies beside the firmware; no kind is called so. */
const own = { uploads: ".uploads", key: ".url-key" } as const;

/** Opens the store. Uploads that a sudden end left behind are removed. */
export async function openFirmwareFolder(options: FolderOptions): Promise<FirmwareFolder> {
  const { folder } = options;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await rm(join(folder, own.uploads), { recursive: true, force: true });
  await mkdir(join(folder, own.uploads), { recursive: true, mode: 0o700 });
  return new Folder(options, await keyIn(join(folder, own.key)));
}

/** The key of tokens: kept, so that they outlive this process. */
async function keyIn(path: string): Promise<Uint8Array> {
  const fresh = randomBytes(32);
  try {
    await writeFile(path, fresh, { flag: "wx", mode: 0o600 });
    return fresh;
  } catch (error) {
    if (systemErrorCode(error) !== "EEXIST") throw error;
    return readFile(path);
  }
}

class Folder implements FirmwareFolder {
  readonly #folder: string;
  readonly #key: Uint8Array;
  readonly #options: FolderOptions;
  #last: Promise<void> = Promise.resolve();

  constructor(options: FolderOptions, key: Uint8Array) {
    this.#folder = options.folder;
    this.#options = options;
    this.#key = key;
  }

  async names(): Promise<FirmwareName[]> {
    const entries = await readdir(this.#folder, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile() && sha256Form.test(entry.name));
    const prefix = this.#folder.length + 1;
    const paths = new Set(files.map(({ parentPath }) => parentPath.slice(prefix)));
    return [...paths].map(nameOf).filter((name) => name !== undefined);
  }

  async find(name: FirmwareName): Promise<KeptFirmware | undefined> {
    if (!isFirmwareName(name)) return undefined;
    const file = await this.#newest(name);
    return file && { name, size: file.size, sha256: file.sha256, created: file.created };
  }

  async put(name: FirmwareName, upload: Upload): Promise<KeptFirmware> {
    const place = join(this.#folder, pathOf(name));
    const draft = join(this.#folder, own.uploads, randomUUID());
    try {
      await writeAll(draft, verified(upload));
      await this.#inTurn(() => settle(draft, place, upload.sha256));
    } finally {
      await rm(draft, { force: true });
    }
    const { size, sha256 } = upload;
    return { name, size, sha256, created: new Date() };
  }

  async remove(name: FirmwareName): Promise<void> {
    const place = join(this.#folder, pathOf(name));
    await this.#inTurn(async () => {
      await rm(place, { recursive: true, force: true });
      await sync(dirname(place)).catch(ignoreMissing);
    });
  }

  async url(name: FirmwareName, seconds: number): Promise<string> {
    const { baseUrl, now = Date.now } = this.#options;
    const token = createToken(this.#key, pathOf(name), now() + seconds * 1000);
    return `${baseUrl()}${downloadPath}${token}`;
  }

  async open(token: string): Promise<Download | undefined> {
    const path = readToken(this.#key, token, (this.#options.now ?? Date.now)());
    const name = path === undefined ? undefined : nameOf(path);
    const file = name && (await this.#newest(name));
    return file && { size: file.size, read: () => createReadStream(file.path) };
  }

  /** Two that put at once would else remove each other's file. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  /** What was put last, if a sudden end left two. */
  async #newest(name: FirmwareName) {
    const place = join(this.#folder, pathOf(name));
    const files = (await readdir(place).catch(ignoreMissing)) ?? [];
    const found = await Promise.all(
      files.filter((file) => sha256Form.test(file)).map((file) => describe(place, file)),
    );
    const known = found.filter((file) => file !== undefined);
    return known.sort((a, b) => b.created.getTime() - a.created.getTime())[0];
  }
}

const sha256Form = /^[0-9a-f]{64}$/;

async function describe(place: string, sha256: string) {
  const path = join(place, sha256);
  const about = await stat(path).catch(ignoreMissing);
  return about && { path, sha256, size: about.size, created: about.mtime };
}

/** Lets a complete file appear in its place, and what was there vanish. */
async function settle(draft: string, place: string, sha256: string): Promise<void> {
  await mkdir(place, { recursive: true, mode: 0o700 });
  await rename(draft, join(place, sha256));
  await sync(place);
  const others = (await readdir(place)).filter((file) => file !== sha256);
  await Promise.all(others.map((file) => rm(join(place, file), { force: true })));
}

/** Writes all chunks so that they survive a loss of power. */
async function writeAll(path: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  await using file = await open(path, "wx", 0o600);
  for await (const chunk of chunks) await file.writeFile(chunk);
  await file.sync();
}

/** Lets the entries of a folder survive a loss of power. */
async function sync(folder: string): Promise<void> {
  await using handle = await open(folder);
  await handle.sync();
}

/** What was there a moment ago may be removed by somebody else. */
function ignoreMissing(error: unknown): undefined {
  if (systemErrorCode(error) !== "ENOENT") throw error;
  return undefined;
}
