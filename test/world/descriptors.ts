// Every service that gen holds, found by looking, so that no test keeps a list of services.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { type DescFile, type DescMethod, type DescService } from "@bufbuild/protobuf";
import type { Procedure } from "../../src/rbac/rule.ts";

const root = join(import.meta.dirname, "../../gen");
const paths = readdirSync(root, { recursive: true, encoding: "utf8" });
const modules: readonly Readonly<Record<string, unknown>>[] = await Promise.all(
  paths.filter((path) => path.endsWith("_pb.ts")).map((path) => import(join(root, path))),
);

const isFile = (value: unknown): value is DescFile =>
  typeof value === "object" && value !== null && "kind" in value && value.kind === "file";

/** All services of all generated files. */
export const services: readonly DescService[] = modules
  .flatMap((module) => Object.values(module).filter(isFile))
  .flatMap((file) => file.services);

/** All methods of all services. */
export const methods: readonly DescMethod[] = services.flatMap((service) => service.methods);

export const procedureOf = (method: DescMethod): Procedure =>
  `/${method.parent.typeName}/${method.name}`;
