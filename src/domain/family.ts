// What is given per address family: maps by name, and the enum of the API.
import { AddressFamily } from "../../gen/metal/v1/address_family_pb.ts";
import { addressBits, type Family, families } from "./cidr.ts";
import { invalid } from "./errors.ts";

/** Numbers by family. */
export type PerFamily = Readonly<Partial<Record<Family, number>>>;

/** Lengths of prefixes in bits by family, however its name is written. Throws invalid_argument that names `field`. */
export function readLengths(field: string, given: Readonly<Record<string, number>>): PerFamily {
  const lengths: Partial<Record<Family, number>> = {};
  for (const [name, bits] of Object.entries(given)) {
    const family = families.find((each) => each.toLowerCase() === name.toLowerCase());
    if (family === undefined) throw invalid(`${field}: no address family "${name}"`);
    if (family in lengths) throw invalid(`${field}: has ${family} twice`);
    if (bits > addressBits[family])
      throw invalid(`${field}: ${family} prefixes have at most ${addressBits[family]} bits`);
    lengths[family] = bits;
  }
  return lengths;
}

/** The family that a request names; undefined if it names none. */
export function familyOf(family: AddressFamily): Family | undefined {
  return families[family - AddressFamily.IPV4];
}
