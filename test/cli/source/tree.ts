// A folder with source code of a client.
import { mkdirSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { callsIn } from "../../../src/cli/source/call.ts";
import { sourceFiles } from "../../../src/cli/source/files.ts";
import type { Service } from "../../../src/cli/source/client.ts";

const service = (typeName: string, ...methods: string[]): Service => ({
  typeName,
  name: typeName.split(".").at(-1) ?? "",
  methods,
});

/** A few services to look for. */
export const services: readonly Service[] = [
  service("metal.v1.ImageService", "Get", "GetLatest", "List", "Create"),
  service("metal.v1.MachineService", "Get", "List", "Allocate", "GetBMC", "Watch"),
  service("metal.v1.SizeService", "List"),
  service("api.v1.BootService", "Register", "Wait"),
];

/** Writes files into a new folder and gives it to `use`. */
export async function inTree<R>(
  files: Readonly<Record<string, string>>,
  use: (folder: string) => Promise<R>,
): Promise<R> {
  const folder = await mkdtemp(join(tmpdir(), "source-"));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** What is found in files: "metal.v1.ImageService/List a.ts:3". */
export async function found(files: Readonly<Record<string, string>>): Promise<string[]> {
  const { calls, unfollowed } = await inTree(files, async (folder) =>
    callsIn(await sourceFiles(folder, "tree"), services),
  );
  return [
    ...calls.map(({ procedure, path, line }) => `${procedure} ${path}:${line}`),
    ...unfollowed.map(({ service, path, line }) => `${service} not followed ${path}:${line}`),
  ];
}
