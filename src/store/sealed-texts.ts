// Secrets within entities as they lie in the database: sealed, and for their entity alone.
import { clone, type DescMessage, type Message } from "@bufbuild/protobuf";
import { holdsAny, secretFields, turnSecrets } from "../secrets/fields.ts";
import type { Sealer } from "../secrets/sealer.ts";
import type { Key } from "./entity-queries.ts";

/** What a sealed text begins with; no other text of a field does. The rest is base64. */
const mark = "\0sealed:";

/** Seals and opens the secrets of one kind of entity; without a sealer they stay as they are. */
export class SealedTexts {
  readonly #schema: DescMessage;
  readonly #sealer: Sealer | undefined;

  constructor(schema: DescMessage, sealer: Sealer | undefined) {
    this.#schema = schema;
    this.#sealer = sealer;
  }

  /** Whether there are secrets at all in messages of this type. */
  get canHold(): boolean {
    return secretFields(this.#schema).length > 0;
  }

  /** Whether there are any in a message. */
  areIn(message: Message): boolean {
    return holdsAny(secretFields(this.#schema), message);
  }

  /** The message as it is kept: itself, or a copy if it holds secrets. */
  sealed(message: Message, key: Key): Message {
    const [fields, sealer] = [secretFields(this.#schema), this.#sealer];
    if (sealer === undefined || !holdsAny(fields, message)) return message;
    const copy = clone(this.#schema, message);
    turnSecrets(fields, copy, (text, path) => {
      const sealed = sealer.seal(text, placeOf(key, path));
      return mark + Buffer.from(sealed).toString("base64");
    });
    return copy;
  }

  /** Opens the secrets of a message that was read, in place. Throws if one was sealed with a key that is not known. */
  open(message: Message, key: Key): void {
    const sealer = this.#sealer;
    if (sealer === undefined) return;
    turnSecrets(secretFields(this.#schema), message, (text, path) => {
      const sealed = sealedPart(text);
      // What was written before there was a key.
      return sealed === undefined ? text : sealer.open(sealed, placeOf(key, path));
    });
  }

  /** Whether all secrets of a message, as it is kept, are sealed with the key of today. */
  isCurrent(message: Message): boolean {
    const sealer = this.#sealer;
    let current = true;
    turnSecrets(secretFields(this.#schema), message, (text) => {
      const sealed = sealedPart(text);
      current &&= sealed !== undefined && sealer?.isCurrent(sealed) === true;
      return text;
    });
    return current;
  }
}

const placeOf = ({ kind, id }: Key, path: string) => `${path} of ${kind} ${id}`;

function sealedPart(text: string): Uint8Array | undefined {
  return text.startsWith(mark) ? Buffer.from(text.slice(mark.length), "base64") : undefined;
}
