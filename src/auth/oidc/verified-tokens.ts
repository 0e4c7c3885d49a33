// Remembers for a minute which tokens were accepted, so that a caller with many calls pays for one verification.
// Tokens are kept as their SHA-256 only, over the exact text.
import { hash } from "node:crypto";
import type { Principal } from "../../rbac/principal.ts";

/** Longest time in which an accepted token is not verified again. */
export const rememberSeconds = 60;

const maximumTokens = 10_000;

interface Remembered {
  readonly principal: Principal;
  readonly fromMs: number;
  readonly untilMs: number;
}

/** A bounded memory of accepted tokens; the oldest is forgotten first. */
export class VerifiedTokens {
  readonly #tokens = new Map<string, Remembered>();

  /** Whom `text` named when it was accepted, unless that is too long ago, it has expired or its key is gone. */
  get(text: string, nowMs: number): Principal | undefined {
    const remembered = this.#tokens.get(digest(text));
    if (remembered === undefined || nowMs < remembered.fromMs || nowMs >= remembered.untilMs)
      return undefined;
    return remembered.principal.revoked?.aborted ? undefined : remembered.principal;
  }

  /** Remembers that `text` was accepted at `nowMs`, until it expires but for a minute at most. */
  add(text: string, principal: Principal, nowMs: number): void {
    const expiresAtMs = principal.expiresAt?.getTime() ?? nowMs;
    const untilMs = Math.min(nowMs + rememberSeconds * 1000, expiresAtMs);
    const key = digest(text);
    this.#tokens.delete(key);
    this.#tokens.set(key, { principal, fromMs: nowMs, untilMs });
    const [oldest] = this.#tokens.keys();
    if (oldest !== undefined && this.#tokens.size > maximumTokens) this.#tokens.delete(oldest);
  }

  /** Forgets all. */
  clear(): void {
    this.#tokens.clear();
  }
}

function digest(text: string): string {
  return hash("sha256", text, "base64");
}
