// Looks whether the files of TLS have changed, so that a new certificate needs no restart.
import type { Problem } from "../domain/problem.ts";
import type { TlsMaterial } from "../http/tls-material.ts";
import { readTlsFiles, type TlsSettings } from "./tls.ts";

/** What happens with what is found. */
export interface TlsRenewalOptions {
  readonly settings: TlsSettings;
  /** What the server runs with. */
  readonly material: TlsMaterial;
  /** Is given what is new and can be used. */
  readonly renew: (material: TlsMaterial) => void;
  /** Is told what keeps the files from being used, once for each thing. */
  readonly onProblem: (problems: readonly Problem[]) => void;
}

/** Looks at the files. */
export interface TlsRenewal {
  /** Reads the files now. What cannot be used, or is half written, changes nothing. */
  look(): void;
}

/** Remembers what it gave out last. Reading is cheaper than being told: links and network file systems keep quiet. */
export function createTlsRenewal({
  settings,
  material,
  renew,
  onProblem,
}: TlsRenewalOptions): TlsRenewal {
  let current = textOf(material);
  let told = "[]";
  const tell = (problems: readonly Problem[]) => {
    const before = told;
    told = JSON.stringify(problems);
    if (problems.length > 0 && told !== before) onProblem(problems);
  };
  return {
    look() {
      const problems: Problem[] = [];
      const found = readTlsFiles(settings, (problem) => problems.push(problem));
      tell(problems);
      if (found === undefined || textOf(found) === current) return;
      renew(found);
      current = textOf(found);
    },
  };
}

const textOf = ({ cert, key, clientCa }: TlsMaterial) => JSON.stringify([cert, key, clientCa]);
