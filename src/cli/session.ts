// What every command has at hand: the world, the server, and how to print.
import { type Command, Option } from "commander";
import { type Api, createApi } from "./api.ts";
import { UsageError } from "./errors.ts";
import type { Io } from "./io.ts";
import type { TargetFlags } from "./offer.ts";
import { type Format, formats, type Style } from "./style.ts";
import { durationSeconds } from "./time.ts";

/** One run of one command. */
export interface Session {
  readonly io: Io;
  readonly api: Api;
  /** How to print; `usual` is the format if none was asked for. */
  readonly style: (usual: Format) => Style;
}

interface GlobalOptions extends TargetFlags {
  readonly output?: Format;
  readonly timeout: string;
  readonly headers: boolean;
  readonly sortBy?: string;
}

/** Adds the options that all commands have. */
export function addGlobalOptions(program: Command): void {
  program
    .option("--api-url <url>", "the server; else METAL_API_URL, the context, http://127.0.0.1:8080")
    .option("--token <token>", "bearer token of an OIDC provider; else METAL_API_TOKEN")
    .option("--hmac <key>", "HMAC key; else METAL_API_HMAC")
    .option("--hmac-auth-type <type>", "type of the HMAC key; else METAL_API_HMAC_AUTH_TYPE")
    .option("--context <name>", "use this context instead of the current one")
    .option("--user <name>", "use this user of the server's own data/credentials.yaml")
    .addOption(new Option("-o, --output <format>", "how to print results").choices(formats))
    .option("--no-headers", "print tables without titles")
    .option("--timeout <duration>", "give up a call after this time", "30s");
}

/**
 * The session of a command that was parsed; `changes` replace what was parsed, where a command gives an option a meaning
 * of its own. Throws UsageError.
 */
export function sessionOf(command: Command, io: Io, changes: TargetFlags = {}): Session {
  const options: GlobalOptions = { ...command.optsWithGlobals(), ...changes };
  const { apiUrl, token, hmac, hmacAuthType, context, user } = options;
  const target = { apiUrl, token, hmac, hmacAuthType, context, user };
  const api = createApi({ ...target, timeoutMs: milliseconds(options.timeout) }, io);
  const style = (usual: Format): Style => ({
    format: options.output ?? usual,
    headers: options.headers,
    sortBy: options.sortBy ?? "",
    now: io.now(),
  });
  return { io, api, style };
}

function milliseconds(text: string): number {
  const seconds = durationSeconds(text);
  if (seconds !== undefined && seconds > 0) return seconds * 1000;
  throw new UsageError(`--timeout "${text}": must be a duration like 30s`);
}
