// `metal firmware upload`: sends a file in parts, with its checksum ahead.
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { resolve } from "node:path";
import { create } from "@bufbuild/protobuf";
import {
  FirmwareKind,
  FirmwareSchema,
  FirmwareService,
  type FirmwareServiceUploadRequest,
  FirmwareServiceUploadRequestSchema,
  type FirmwareServiceUploadResponse,
} from "../../gen/metal/v1/firmware_pb.ts";
import { CommandError, messageOf } from "./errors.ts";
import { printOne } from "./output.ts";
import type { Session } from "./session.ts";

/** What the firmware is for. */
export interface UploadOptions {
  readonly kind: "bios" | "bmc";
  readonly vendor: string;
  readonly board: string;
  readonly revision: string;
}

/** The size of a part in bytes, within the server's limit of 1 MiB. */
const partBytes = 256 * 1024;

const kinds = { bios: FirmwareKind.BIOS, bmc: FirmwareKind.BMC } as const;

/** Uploads a file and prints what the server has then. Throws CommandError if it cannot be read. */
export async function upload(
  file: string,
  { kind, vendor, board, revision }: UploadOptions,
  { api, io, style }: Session,
): Promise<void> {
  const path = resolve(io.cwd, file);
  const { size, sha256 } = await measured(path).catch((error: unknown) => {
    throw new CommandError(`${file}: ${messageOf(error)}`);
  });
  const header = create(FirmwareSchema, {
    kind: kinds[kind],
    vendor,
    board,
    revision,
    size,
    sha256,
  });
  const request = part({ case: "header", value: header });
  const call = { method: FirmwareService.method.upload, request, subject: `firmware ${file}` };
  const answer = (await api.upload(call, parts(request, path))) as FirmwareServiceUploadResponse;
  io.stdout(printOne(FirmwareSchema, answer.firmware ?? header, style("table")));
}

const part = (value: FirmwareServiceUploadRequest["part"]) =>
  create(FirmwareServiceUploadRequestSchema, { part: value });

async function measured(path: string): Promise<{ readonly size: bigint; readonly sha256: string }> {
  const hash = createHash("sha256");
  let size = 0n;
  for await (const chunk of chunksOf(path)) {
    hash.update(chunk);
    size += BigInt(chunk.length);
  }
  return { size, sha256: hash.digest("hex") };
}

async function* parts(header: FirmwareServiceUploadRequest, path: string) {
  yield header;
  for await (const value of chunksOf(path)) yield part({ case: "chunk", value });
}

async function* chunksOf(path: string): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for await (const chunk of createReadStream(path, { highWaterMark: partBytes }))
    yield new Uint8Array(chunk as Buffer);
}
