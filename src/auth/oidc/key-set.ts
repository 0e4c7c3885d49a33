// Holds the public keys of one provider and decides when to ask for them again. The provider may be down when we
// start, go down later, answer slowly or rotate its keys; callers whose key is known never wait for it.
import { UndecidableError } from "../authenticator.ts";
import { AbsentKids } from "./absent-kids.ts";
import type { VerificationKey } from "./key.ts";
import type { PublishedKeys } from "./provider.ts";
import { refuse } from "./refusal.ts";
import { Retry } from "./retry.ts";
import { orEnded } from "./wait.ts";

/** Which key a token was signed with, by its own words. */
export interface WantedKey {
  readonly kid?: string;
  readonly algorithm: string;
}

/** What a key set needs to know about the world. */
export interface KeySetOptions {
  /** Asks the provider. Must end when the signal is aborted. */
  readonly load: (signal: AbortSignal) => Promise<PublishedKeys>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Called after keys have appeared or disappeared. */
  readonly onChange?: () => void;
  /** Called after an attempt to load the keys failed. */
  readonly onFailure?: (error: unknown) => void;
}

/** How a key set is doing, for metrics and readiness. */
export interface KeySetStatus {
  readonly keys: number;
  /** Since the provider last confirmed the keys; undefined if it never did. */
  readonly ageSeconds?: number;
  /** Attempts that failed since the last good one. */
  readonly failures: number;
  /** The provider's clock minus ours, when it last told. */
  readonly skewSeconds?: number;
}

/** Keys are asked for again after this time; a key that the provider removed is refused from then on. */
export const refreshSeconds = 300;
/** Keys that could not be confirmed for this long are not used any more. */
export const staleSeconds = 24 * 3600;
/** Tokens with an unknown kid make us ask at most once in this time: the longest wait for a new key. */
export const cooldownSeconds = 30;
/** The provider must have answered within this time, discovery and keys together. */
export const loadTimeoutSeconds = 5;

interface Loaded {
  readonly keys: readonly VerificationKey[];
  readonly atMs: number;
  readonly skewSeconds?: number;
}

/** The keys of one provider. Nothing runs by itself: `tend` must be called about once per second. */
export class KeySet {
  readonly #options: KeySetOptions;
  readonly #retry: Retry;
  readonly #absent = new AbsentKids();
  #loaded: Loaded | undefined;
  #loading: { readonly done: Promise<boolean>; readonly abort: AbortController } | undefined;
  #askedAtMs = Number.NEGATIVE_INFINITY;
  #stopped = false;

  constructor(options: KeySetOptions) {
    this.#options = options;
    this.#retry = new Retry(options.now);
  }

  /**
   * The key that `wanted` names. Throws CredentialError if the provider has no such key or it does not fit the
   * algorithm, UndecidableError if the provider would have to be asked and does not answer.
   */
  async find(wanted: WantedKey, signal: AbortSignal): Promise<VerificationKey> {
    this.tend();
    if (this.#usable() === undefined) await this.#answer(signal);
    const known = this.#pick(wanted);
    if (known !== undefined) return fit(known, wanted);
    await this.#ask(wanted, signal);
    return fit(this.#pick(wanted) ?? refuse("key_unknown"), wanted);
  }

  /** Asks the provider if it is time to; does not wait for the answer. */
  tend(): void {
    if (this.#stopped || this.#loading !== undefined || !this.#retry.isDue()) return;
    this.#start();
  }

  /** Forgets all keys, as if they were revoked, and asks for them anew. */
  drop(): void {
    this.#install(undefined);
    this.#retry.now();
    this.#loading?.abort.abort();
    this.tend();
  }

  /** Ends a request under way and never asks again. What is known stays known. */
  stop(): void {
    this.#stopped = true;
    this.#loading?.abort.abort();
  }

  status(): KeySetStatus {
    const { keys = [], atMs, skewSeconds } = this.#loaded ?? {};
    const ageSeconds = atMs === undefined ? undefined : (this.#options.now() - atMs) / 1000;
    return { keys: keys.length, ageSeconds, failures: this.#retry.failures, skewSeconds };
  }

  #pick({ kid }: WantedKey): VerificationKey | undefined {
    const keys = this.#usable();
    if (keys === undefined) throw new UndecidableError("keys_not_loaded");
    if (kid !== undefined) return keys.find((key) => key.kid === kid);
    return keys.length > 1 ? refuse("kid_missing") : keys[0];
  }

  #usable(): readonly VerificationKey[] | undefined {
    if (this.#loaded === undefined) return undefined;
    const ageMs = this.#options.now() - this.#loaded.atMs;
    return ageMs > staleSeconds * 1000 ? undefined : this.#loaded.keys;
  }

  /** Asks the provider about a key that we do not know, unless it was asked a moment ago. */
  async #ask({ kid = "" }: WantedKey, signal: AbortSignal): Promise<void> {
    if (this.#absent.has(kid, this.#options.now())) refuse("key_unknown");
    if (this.#loading === undefined) this.#startForUnknown();
    await this.#answer(signal);
    if (!this.#loaded?.keys.some((key) => key.kid === kid))
      this.#absent.add(kid, this.#options.now());
  }

  #startForUnknown(): void {
    if (this.#stopped || this.#retry.failures > 0) return;
    const nowMs = this.#options.now();
    if (Math.abs(nowMs - this.#askedAtMs) < cooldownSeconds * 1000) refuse("key_unknown");
    this.#askedAtMs = nowMs;
    this.#start();
  }

  /** Waits for the request under way. Nobody waits for a provider that failed us the last time. */
  async #answer(signal: AbortSignal): Promise<void> {
    const loading = this.#retry.failures > 0 ? undefined : this.#loading;
    if (loading !== undefined && (await orEnded(loading.done, signal))) return;
    throw new UndecidableError("provider_unreachable");
  }

  /** Only ever one request at a time. */
  #start(): void {
    const abort = new AbortController();
    const done = this.#load(abort).finally(() => {
      this.#loading = undefined;
    });
    this.#loading = { done, abort };
  }

  /** True if the provider answered. Never throws. */
  async #load(abort: AbortController): Promise<boolean> {
    const timer = setTimeout(() => abort.abort(), loadTimeoutSeconds * 1000).unref();
    try {
      const published = await this.#options.load(abort.signal);
      abort.signal.throwIfAborted();
      this.#install(published);
      this.#retry.succeeded(refreshSeconds);
      return true;
    } catch (error) {
      this.#retry.failed(this.#loaded !== undefined);
      if (!this.#stopped) this.#options.onFailure?.(error);
      return false;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Keeps keys that we know already, and what depends on them; ends what depends on those that are gone. */
  #install(published: PublishedKeys | undefined): void {
    const before = this.#loaded?.keys ?? [];
    const known = new Map(before.map((key) => [key.identity, key]));
    const keys = (published?.keys ?? []).map((key) => known.get(key.identity) ?? key);
    this.#loaded = published && this.#confirmed(keys, published);
    const gone = before.filter((key) => !keys.includes(key));
    for (const key of gone) key.revoked.abort();
    if (gone.length > 0 || keys.length !== before.length) this.#options.onChange?.();
  }

  #confirmed(keys: readonly VerificationKey[], { date }: PublishedKeys): Loaded {
    const atMs = this.#options.now();
    return { keys, atMs, skewSeconds: date === undefined ? undefined : (date - atMs) / 1000 };
  }
}

function fit(key: VerificationKey, { algorithm }: WantedKey): VerificationKey {
  return key.algorithms.has(algorithm) ? key : refuse("key_unfit");
}
