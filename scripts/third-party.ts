// Writes third_party/: the protos of others that ours import. npm packages are their only source, so a
// clone needs nothing but `npm ci` before `buf generate`. Run by npm's prepare step.
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const modules = join(root, "node_modules");
const target = join(root, "third_party");

/** Where a proto has to lie to be imported, and the package that carries it as text. */
const sources = {
  "grpc/health/v1/health.proto": "grpc-health-check/proto/health/v1/health.proto",
  "grpc/reflection/v1/reflection.proto":
    "@grpc/reflection/build/proto/grpc/reflection/v1/reflection.proto",
  "google/rpc/error_details.proto": "google-gax/build/protos/google/rpc/error_details.proto",
};

async function main(): Promise<void> {
  // A production install (`--omit=dev`) has no compiler and needs no protos.
  if (!existsSync(join(modules, "@bufbuild/buf"))) return;
  rmSync(target, { recursive: true, force: true });
  for (const [path, source] of Object.entries(sources)) {
    mkdirSync(dirname(join(target, path)), { recursive: true });
    cpSync(join(modules, source), join(target, path));
  }
  const { validateProto } = await import("./validate-proto.ts");
  mkdirSync(join(target, "buf/validate"), { recursive: true });
  writeFileSync(join(target, "buf/validate/validate.proto"), validateProto());
}

await main();
