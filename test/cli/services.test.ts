// No generated service is forgotten on the command line, and every one of its RPCs becomes a command.
import { readdir } from "node:fs/promises";
import type { DescService } from "@bufbuild/protobuf";
import { describe, expect, test } from "@jest/globals";
import { Command } from "commander";
import { addKind } from "../../src/cli/kind-command.ts";
import { verbOf } from "../../src/cli/naming.ts";
import { services } from "../../src/cli/services.ts";
import { isCallable } from "../../src/cli/shape.ts";

const generated = new URL("../../gen/metal/v1/", import.meta.url);

async function generatedServices(): Promise<string[]> {
  const files = (await readdir(generated)).filter((name) => name.endsWith("_pb.ts"));
  const modules: object[] = await Promise.all(
    files.map((name): Promise<object> => import(new URL(name, generated).href)),
  );
  return modules.flatMap((module) =>
    Object.values(module)
      .filter(isService)
      .map(({ typeName }) => typeName),
  );
}

function isService(value: unknown): value is DescService {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === "service";
}

test("the list of services is what is generated in metal.v1", async () => {
  const generated = await generatedServices();
  expect(services.map(({ typeName }) => typeName).sort()).toEqual(generated.sort());
});

describe.each(services.map((service) => [service.typeName, service] as const))(
  "%s",
  (_, service) => {
    const io = { stdout() {}, stderr() {} } as never;
    const { commands } = addKind(new Command(), service, io);

    test.each(service.methods.filter(isCallable).map((method) => [method.name, method] as const))(
      "%s is a command whose help names the role",
      (_, method) => {
        const help = commands
          .find((command) => command.name() === verbOf(method))
          ?.helpInformation();
        expect(help).toContain(`${service.typeName}/${method.name}. `);
        expect(help).toMatch(
          /Needs role (Viewer|Editor|Admin)\.|Needs a credential|Open to everybody/,
        );
      },
    );

    test("no command defines a flag twice", () => {
      for (const command of commands) {
        const names = command.options.map(({ long }) => long);
        expect([command.name(), names]).toEqual([command.name(), [...new Set(names)]]);
      }
    });
  },
);
