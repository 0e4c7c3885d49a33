// `metal version`: which client, which server, and whether they go together.
import { readFile } from "node:fs/promises";
import { create } from "@bufbuild/protobuf";
import {
  VersionService,
  type VersionServiceGetResponse,
  VersionServiceGetRequestSchema,
} from "../../gen/metal/v1/version_pb.ts";
import { jsonText, yamlText } from "./document/text.ts";
import { tableLines } from "./table.ts";
import type { Session } from "./session.ts";

/** Prints the versions; only that of this program if `clientOnly`. Warns if the server wants a newer client. */
export async function version(clientOnly: boolean, session: Session): Promise<void> {
  const { io, style } = session;
  const client = await clientVersion();
  const { format } = style("table");
  if (clientOnly) return io.stdout(printed({ client }, format));
  const server = await serverVersion(session);
  const { apiUrl } = await session.api.target();
  const rows = { client, server: server.version, "api-url": apiUrl, rules: server.rulesHash };
  io.stdout(printed(rows, format));
  if (isOlder(client, server.minClientVersion))
    io.stderr(`warning: this server needs metal ${server.minClientVersion} or newer\n`);
}

async function serverVersion({ api }: Session): Promise<VersionServiceGetResponse> {
  const request = create(VersionServiceGetRequestSchema);
  const call = { method: VersionService.method.get, request, subject: "version" };
  return (await api.unary(call)) as VersionServiceGetResponse;
}

async function clientVersion(): Promise<string> {
  const text = await readFile(new URL("../../package.json", import.meta.url), "utf8");
  const { version: found }: { version?: unknown } = JSON.parse(text);
  return typeof found === "string" ? found : "unknown";
}

function printed(rows: Readonly<Record<string, string>>, format: string): string {
  if (format === "json") return jsonText(rows);
  if (format === "yaml") return yamlText(rows);
  const cells = Object.entries(rows);
  return tableLines(cells)
    .map((line) => `${line}\n`)
    .join("");
}

/** True if `version` comes before `least`, number by number. An empty `least` asks for nothing. */
export function isOlder(version: string, least: string): boolean {
  const [own, wanted] = [version, least].map((text) => text.split(/[.+-]/).slice(0, 3).map(Number));
  const differing = [0, 1, 2].find((index) => (own?.[index] || 0) !== (wanted?.[index] || 0));
  return differing !== undefined && (own?.[differing] || 0) < (wanted?.[differing] || 0);
}
