// The address of a PostgreSQL database, with a password that is not shown to anybody.
import type { Checked } from "./check.ts";

/** Where the database is. Printed, logged or inspected, it shows no password. */
export class DatabaseUrl {
  readonly #href: string;

  constructor(href: string) {
    this.#href = href;
  }

  /** All of it, for who connects. */
  reveal(): string {
    return this.#href;
  }

  /** Host and database. */
  toString(): string {
    const { host, pathname, searchParams } = new URL(this.#href);
    return `postgres://${searchParams.get("host") ?? host}${pathname}`;
  }

  toJSON(): string {
    return this.toString();
  }
}

const wrong = (reason: string, remedy: string) => ({ reason, remedy });
const form =
  "write postgres://USER:PASSWORD@HOST:PORT/DATABASE, with signs like @ / : of the password as %40 %2F %3A";

/** Whether clear text on the way to `host` stays on this machine: the loopback, or a socket in a folder. */
function isLocal(host: string): boolean {
  return host === "localhost" || host === "[::1]" || /^(127\.|\/|%2f)/i.test(host);
}

/** What keeps a URL from being used, and what to write instead; undefined if nothing does. None quotes it. */
function faultOf(
  url: URL | null,
): { readonly reason: string; readonly remedy: string } | undefined {
  if (url === null || !["postgres:", "postgresql:"].includes(url.protocol))
    return wrong("is no URL of a PostgreSQL database", form);
  const hosts = url.searchParams.has("host") ? url.searchParams.getAll("host") : [url.hostname];
  if (hosts.includes("")) return wrong("names no host", form);
  if (url.username === "" && !url.searchParams.has("user")) return wrong("names no user", form);
  if (url.pathname.length < 2) return wrong("names no database", form);
  return tlsFault(hosts, url.searchParams.getAll("sslmode"));
}

function tlsFault(hosts: readonly string[], modes: readonly string[]) {
  const remedy =
    "write sslmode=verify-full, with sslrootcert=FILE for an authority of your own; or sslmode=disable for clear text";
  if (modes.length === 0 && !hosts.every(isLocal))
    return wrong("leaves this machine without TLS", remedy);
  if (modes.every((mode) => mode === "verify-full" || mode === "disable")) return undefined;
  return wrong("has an sslmode that would trust any server", remedy);
}

/** Reads a URL; quotes nothing of it. */
export function databaseUrl(given: string): Checked<DatabaseUrl> {
  return faultOf(URL.parse(given)) ?? { value: new DatabaseUrl(given) };
}
