// What lies in deploy/ is what this server understands: its settings, ports, probes, times and components.
import { randomBytes } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { parse, parseAllDocuments } from "yaml";
import { type Config, type Reading, readConfig, settings } from "../../src/config.ts";
import { components } from "../../src/domain/component.ts";
import { createSealer } from "../../src/secrets/sealer.ts";
import { variableOf } from "../../src/settings/setting.ts";
import { openTerminal } from "../cli/terminal.ts";
import { startHealthServer } from "../http/health-server.ts";
import { startWorld, users } from "../world/server.ts";
import { selfSigned } from "../x509.ts";

const root = join(import.meta.dirname, "../..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");
const deployed = (path: string): string => read(`deploy/${path}`);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "metal-deploy-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const { key, cert } = selfSigned();
/** What operators put into files, by their names; into all others, a key. */
const contents: Readonly<Record<string, string>> = {
  "tls.crt": cert,
  "tls.key": key,
  "database-url": "postgres://metal:secret@db.example/metal?sslmode=verify-full",
};

/** Writes what belongs into a file of secrets. */
function provide(path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, contents[basename(path)] ?? randomBytes(32).toString("base64"));
}

function configOf(reading: Reading): Config {
  if (reading.kind === "config") return reading.config;
  throw new Error(JSON.stringify(reading));
}

const paths = (text: string, form: RegExp): string[] => [
  ...new Set(Array.from(text.matchAll(form), ([path]) => path)),
];

describe("Kubernetes", () => {
  const document = deployed("kubernetes/settings.yaml");
  const secrets = paths(document, /\/run\/secrets\/[\w/.-]+/g);
  const { spec } = parse(deployed("kubernetes/deployment.yaml"));
  const pod = spec.template.spec;
  const [container] = pod.containers;
  const mounts: { name: string; mountPath: string }[] = container.volumeMounts;

  /** The settings that the container's process has, with the files of secrets in a folder of this test. */
  function config(): Config {
    const own = document.replaceAll("/run/secrets", join(folder, "secrets"));
    for (const path of secrets) provide(path.replace("/run/secrets", join(folder, "secrets")));
    const file = join(folder, "settings.yaml");
    writeFileSync(file, own);
    const given = container.env.map(({ name, value }: { name: string; value: string }) => [
      name,
      value,
    ]);
    const environment = { ...Object.fromEntries(given), METAL_CONFIG: file };
    return configOf(readConfig({ argv: [], environment }));
  }

  test("the server takes the settings, and its ports are those of the pod and the service", () => {
    const { listen, "metrics-listen": metrics } = config();
    expect(container.ports).toEqual([
      { name: "api", containerPort: listen.port },
      { name: "metrics", containerPort: metrics?.port },
    ]);
    const ports = parse(deployed("kubernetes/service.yaml")).spec.ports;
    expect(ports).toMatchObject([{ targetPort: "api" }]);
  });

  test("files of settings and secrets are mounted where the settings say", () => {
    const names = (path: string) =>
      mounts.find(({ mountPath }) => dirname(path) === mountPath)?.name;
    const [{ value: settingsFile }] = container.env;
    const kinds = new Map(pod.volumes.map((volume: { name: string }) => [volume.name, volume]));
    expect(kinds.get(names(settingsFile))).toMatchObject({ configMap: {} });
    for (const path of secrets) expect(kinds.get(names(path))).toMatchObject({ secret: {} });
    expect(mounts.map(({ mountPath }) => mountPath)).toContain(config().data);
  });

  test("the instructions make every secret that the settings name", () => {
    const made = paths(deployed("README.md"), /(?<=--from-file=)[\w-]+/g);
    const named = secrets.filter((path) => path.startsWith("/run/secrets/metal-connect/"));
    expect(made.sort()).toEqual(named.map((path) => basename(path)).sort());
  });

  test("probes ask what the server answers: whether it lives never depends on the database", async () => {
    const { startupProbe, livenessProbe, readinessProbe } = container;
    const server = await startHealthServer({ ready: () => false });
    for (const [probe, status] of [
      [startupProbe, 200],
      [livenessProbe, 200],
      [readinessProbe, 503],
    ]) {
      expect(await fetch(server.url + probe.httpGet.path)).toMatchObject({ status });
      expect(probe.httpGet.port).toBe("metrics");
      // The server itself answers within two seconds.
      expect(probe.timeoutSeconds).toBeGreaterThan(2);
    }
    await server.close(0);
  });

  test("a pod may end as slowly as its server", () => {
    const { "shutdown-delay": delay, "shutdown-grace": grace } = config();
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(delay + grace);
    expect(delay).toBeGreaterThan(0);
  });

  test("several pods on several nodes, of which one at a time may go", () => {
    expect(spec.replicas).toBeGreaterThan(1);
    expect(spec.strategy.rollingUpdate.maxUnavailable).toBe(0);
    expect(pod.topologySpreadConstraints[0].topologyKey).toBe("kubernetes.io/hostname");
    expect(parse(deployed("kubernetes/disruption.yaml")).spec.maxUnavailable).toBe(1);
  });

  const [job, claim, policy] = parseAllDocuments(deployed("kubernetes/backup.yaml")).map((each) =>
    each.toJS(),
  );
  const nightly = job.spec.jobTemplate.spec.template;

  test.each([
    ["a server", pod],
    ["a backup", nightly.spec],
  ])("the pod of %s may do nothing that it does not need", (_, { containers, ...own }) => {
    expect(own).toMatchObject({
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
    });
    for (const { securityContext, resources } of containers) {
      expect(securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
      });
      expect(resources.limits.memory).toBeDefined();
    }
  });

  test("the backup works on the same settings, with the one secret that it needs, and verifies what it wrote", () => {
    const [{ image, env, args, volumeMounts }] = nightly.spec.containers;
    expect([image, env]).toEqual([container.image, container.env]);
    const volumes = new Map(nightly.spec.volumes.map((one: { name: string }) => [one.name, one]));
    expect(volumes.get("keys")).toMatchObject({ secret: { items: [{ key: "database-url" }] } });
    expect(volumes.get("backup")).toMatchObject({
      persistentVolumeClaim: { claimName: claim.metadata.name },
    });
    const mounted = volumeMounts.map(({ mountPath }: { mountPath: string }) => mountPath);
    expect(mounted).toContain(dirname(/database-url-file: (.*)/.exec(document)?.[1] ?? ""));
    for (const path of paths(args[0], /src\/[\w/]+\.ts/g))
      expect(existsSync(join(root, path))).toBe(true);
    expect(args[0]).toMatch(/ backup "\$file"\n.* backup --verify "\$file"\n/);
    expect(policy.spec.podSelector.matchLabels).toEqual(nightly.metadata.labels);
  });

  test("every selector means these pods, and no others of the namespace", () => {
    const { labels } = spec.template.metadata;
    expect(Object.keys(labels)).toHaveLength(1);
    const specOf = (name: string) => parse(deployed(`kubernetes/${name}.yaml`)).spec;
    const spread = pod.topologySpreadConstraints;
    for (const selector of [
      spec.selector,
      { matchLabels: specOf("service").selector },
      specOf("disruption").selector,
      specOf("network-policy").podSelector,
      ...spread.map(({ labelSelector }: { labelSelector: object }) => labelSelector),
    ])
      expect(selector).toEqual({ matchLabels: labels });
  });

  test("every file is part of the whole", () => {
    const { resources } = parse(deployed("kubernetes/kustomization.yaml"));
    const files = readdirSync(join(root, "deploy/kubernetes"));
    const others = ["kustomization.yaml", "settings.yaml"];
    expect(resources.toSorted()).toEqual(files.filter((name) => !others.includes(name)).sort());
    const { spec: own } = parse(deployed("kubernetes/network-policy.yaml"));
    const open = own.ingress.filter(({ from }: { from?: unknown }) => from === undefined);
    expect(open).toEqual([{ ports: [{ port: "api" }] }]);
  });
});

describe("systemd", () => {
  /** The values of a key of a unit, in their order. */
  const values = (unit: string, name: string): string[] =>
    Array.from(unit.matchAll(new RegExp(`^${name}=(.*)$`, "gm")), ([, value = ""]) => value);
  const unit = deployed("systemd/metal-connect.service");
  const backup = deployed("systemd/metal-connect-backup.service");

  /** The settings that the process of a unit has. */
  function environmentOf(text: string): Record<string, string> {
    const given = values(text, "Environment").map((assignment) => {
      const [name = "", value = ""] = assignment.split("=");
      const place = value.replace("%d", join(folder, "credentials")).replace("%S", folder);
      return [name, place];
    });
    return Object.fromEntries(given);
  }

  test("the server takes the settings, and every file in them is handed over", () => {
    for (const credential of values(unit, "LoadCredential"))
      provide(join(folder, "credentials", credential.split(":")[0] ?? ""));
    const {
      data,
      "shutdown-delay": delay,
      "shutdown-grace": grace,
    } = configOf(readConfig({ argv: [], environment: environmentOf(unit) }));
    expect(data).toBe(join(folder, values(unit, "StateDirectory")[0] ?? ""));
    expect(Number(values(unit, "TimeoutStopSec")[0])).toBeGreaterThan(delay + grace);
  });

  test("the backup is of the same store", () => {
    expect(environmentOf(backup)["METAL_DATA"]).toBe(environmentOf(unit)["METAL_DATA"]);
    expect(values(backup, "User")).toEqual(values(unit, "User"));
  });

  test.each([
    ["the server", unit],
    ["the backup", backup],
  ])("%s runs what is there, as nobody special, and may do little", (_, text) => {
    for (const path of paths(text, /src\/[\w/]+\.ts/g))
      expect(existsSync(join(root, path))).toBe(true);
    expect(values(text, "User")).toEqual(["metal-connect"]);
    const closed = ["NoNewPrivileges", "ProtectHome", "PrivateDevices", "RestrictNamespaces"];
    for (const name of closed) expect([name, values(text, name)]).toEqual([name, ["yes"]]);
    expect(values(text, "ProtectSystem")).toEqual(["strict"]);
    expect(values(text, "CapabilityBoundingSet")).toEqual([""]);
    expect(values(text, "MemoryMax")).toHaveLength(1);
  });
});

/** The package in an import that is neither of ours nor of Node.js. */
const packageName = /(?<=\b(?:from|import\(?) ?")(?:@[\w.-]+\/)?(?!node:)[a-z][\w.-]*(?=[/"])/g;

describe("the image", () => {
  const file = deployed("Containerfile");
  const manifest = JSON.parse(read("package.json"));

  test("it has the Node.js that the tests run on", () => {
    const versions = paths(file, /(?<=FROM docker\.io\/library\/node:)[\d.]+/g);
    expect(versions).toEqual([manifest.devDependencies.node]);
  });

  test("it copies what is there, and runs as nobody special", () => {
    const copied = Array.from(
      file.matchAll(/^COPY (?!--from)(.+) \S+$/gm),
      ([, names = ""]) => names,
    );
    for (const name of copied.flatMap((names) => names.split(" ")))
      expect([name, existsSync(join(root, name))]).toEqual([name, true]);
    expect(file).toMatch(/^USER [1-9]\d*:[1-9]\d*$/m);
    for (const variable of paths(file, /\bMETAL_\w+/g))
      expect(Object.keys(settings).map(variableOf)).toContain(variable);
  });

  test("it starts the server as npm does, and so does the unit", () => {
    const [, entry = ""] = /^ENTRYPOINT (.*)$/m.exec(file) ?? [];
    expect(JSON.parse(entry).join(" ")).toBe(manifest.scripts.start);
    const unit = deployed("systemd/metal-connect.service");
    expect(unit).toContain(`\nExecStart=/usr/bin/${manifest.scripts.start}\n`);
  });

  test("what servers and the command line import is no dependency of development", () => {
    const sources = ["src", "gen"].flatMap((name) =>
      readdirSync(join(root, name), { recursive: true, encoding: "utf8" })
        .map((path) => join(name, path))
        // The generator belongs to developers.
        .filter((path) => path.endsWith(".ts") && !path.startsWith("src/rbac/plugin/")),
    );
    const imported = sources.flatMap((path) => paths(read(path), packageName));
    expect(imported).toContain("@connectrpc/connect-node");
    const known = Object.keys(manifest.dependencies);
    expect([...new Set(imported)].filter((name) => !known.includes(name))).toEqual([]);
  });
});

test("every component gets an identity, and the key that is printed is the one that is kept", async () => {
  const script = deployed("identities.sh");
  const names = paths(script, /(?<=^ {2})[\w-]+(?= \\$|$(?=\ndo))/gm);
  expect(names.sort()).toEqual(components.map(({ name }) => name).sort());
  const world = await startWorld({ sealer: createSealer(randomBytes(32).toString("base64")) });
  const terminal = await openTerminal();
  const { type, keys } = users.admin;
  const env = {
    METAL_API_URL: world.url,
    METAL_API_HMAC: keys[0]?.secret ?? "",
    METAL_API_HMAC_AUTH_TYPE: type,
  };
  const command = /\$\(metal (.*)\)/.exec(script)?.[1] ?? "";
  const words = command
    .replaceAll('"', "")
    .replace("$component", "metal-core")
    .replace("$owner", "me");
  const { code, out } = await terminal.metal(words, { env, now: () => new Date() });
  expect(code).toBe(0);
  const own = {
    METAL_API_HMAC: out.trim().split(" ").at(-1) ?? "",
    METAL_API_HMAC_AUTH_TYPE: "metal-core",
  };
  const whoami = await terminal.metal("whoami", { env: { ...env, ...own }, now: () => new Date() });
  expect(whoami).toMatchObject({ code: 0, out: expect.stringContaining("metal-core") });
  await terminal.close();
  await world.close();
});
