// A project of its own in a temporary folder: protos, the two plugins, and something generated before.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const inRoot = (path: string) => join(root, path);
const buf = inRoot("node_modules/@bufbuild/buf/bin/buf");

/** The project's own options file. */
export const optionsProto = readFileSync(inRoot("proto/metal/rbac/v1/rbac.proto"), "utf8");

/** How a run of buf ended. */
export interface Outcome {
  readonly status: number | null;
  /** What it wrote to stderr, by lines, without those about plugins it stopped because another had failed. */
  readonly lines: readonly string[];
}

export interface Workspace {
  /** Runs `buf generate` with further arguments. */
  readonly generate: (...args: readonly string[]) => Outcome;
  /** The compiled protos with source information, as a FileDescriptorSet. */
  readonly build: () => Uint8Array;
  /** Writes one more file, or replaces one. */
  readonly write: (path: string, text: string) => void;
  /** Every file below gen with its content. */
  readonly generated: () => ReadonlyMap<string, string>;
  readonly remove: () => void;
}

const plugin = (path: string, out: string, more: object) => ({
  local: [process.execPath, inRoot(path)],
  out,
  ...more,
});

/** How a workspace departs from one that runs our plugin alone and once. */
export interface Setup {
  readonly strategy?: "all" | "directory";
  /** Runs protoc-gen-es before ours. */
  readonly messages?: boolean;
}

const messagePlugin = plugin("node_modules/@bufbuild/protoc-gen-es/bin/protoc-gen-es", "gen", {
  opt: ["target=ts"],
});

const settings = ({ strategy = "all", messages = false }: Setup) => ({
  version: "v2",
  clean: true,
  plugins: [
    ...(messages ? [messagePlugin] : []),
    plugin("src/rbac/plugin/main.ts", "gen/rbac", {
      strategy,
      opt: ["target=ts", "import_extension=ts", "runtime=../../rbac", "source_root=proto"],
    }),
  ],
});

/** A workspace with these files, named from its root. JSON is YAML, so both settings files are written as JSON. */
export function createWorkspace(
  files: Readonly<Record<string, string>>,
  setup: Setup = {},
): Workspace {
  const path = mkdtempSync(join(tmpdir(), "rbac-plugin-"));
  const write = (name: string, text: string) => {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), text);
  };
  const run = (...args: readonly string[]) =>
    spawnSync(process.execPath, [buf, ...args], { cwd: path, maxBuffer: 64 << 20 });
  write("buf.yaml", JSON.stringify({ version: "v2", modules: [{ path: "proto" }] }));
  write("buf.gen.yaml", JSON.stringify(settings(setup)));
  for (const [name, text] of Object.entries(files)) write(name, text);
  return {
    generate: (...args) => outcome(run("generate", ...args)),
    build: () => compiled(run("build", "-o", "-#format=binpb")),
    write,
    generated: () => contents(join(path, "gen")),
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}

type Finished = ReturnType<typeof spawnSync>;

function outcome({ status, stderr }: Finished): Outcome {
  const lines = stderr.toString().trimEnd().split("\n");
  return { status, lines: lines.filter((line) => !line.endsWith("signal: killed")) };
}

function compiled({ status, stdout, stderr }: Finished): Uint8Array {
  if (status !== 0) throw new Error(stderr.toString());
  return Buffer.from(stdout);
}

function contents(folder: string): ReadonlyMap<string, string> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  return new Map(names.toSorted().map((name) => [name, readFileSync(name, "utf8")]));
}
