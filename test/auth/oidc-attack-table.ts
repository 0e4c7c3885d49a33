// Attacks on bearer tokens, each by its number in the list of attacks that this server was designed against. A row names
// the one reason for which its token is refused, so that it cannot pass because something else is wrong with it.
import { compact, encoded, type Signer } from "./forge.ts";
import {
  admin,
  attackerEc,
  audience,
  ec,
  encryption,
  foreignEc,
  foreignRsa,
  type Forgery,
  nowSeconds,
  octSecret,
  rsa,
  weak,
  withPayload,
} from "./forged-token.ts";

/** Number, what is tried, the token, and the one reason why it is refused. */
type Attack = readonly [string, string, (of: Forgery) => string, string];

const publicPem = () => rsa.publicKey.export({ format: "pem", type: "spki" });
const publicDer = () => rsa.publicKey.export({ format: "der", type: "spki" });
const none: Signer = () => Buffer.alloc(0);
const zeros: Signer = () => Buffer.alloc(64);
const cut: Signer = (input) => ec.sign(input).subarray(1);
const soonMs = (nowSeconds + 300) * 1000;
const tenYears = 10 * 365 * 24 * 3600;

/** Attacks in the header of a token that is otherwise good. */
const headerAttacks: readonly (readonly [string, string, object, string])[] = [
  ["A1", "alg none", { alg: "none" }, "algorithm_refused"],
  ["A1", "alg None", { alg: "None" }, "algorithm_refused"],
  ["A1", "alg NONE", { alg: "NONE" }, "algorithm_refused"],
  ["A1", "alg nOnE", { alg: "nOnE" }, "algorithm_refused"],
  ["A1", "alg empty", { alg: "" }, "algorithm_refused"],
  ["A1", "no alg", { alg: undefined }, "algorithm_refused"],
  ["A1", "alg as a list", { alg: ["ES256"] }, "algorithm_refused"],
  ["A3", "the kid of a published secret", { kid: "oct" }, "key_unknown"],
  ["A6", "kid as a path", { kid: "../../etc/passwd" }, "key_unknown"],
  ["A6", "kid as SQL", { kid: "' or 1=1 --" }, "key_unknown"],
  ["A6", "kid __proto__", { kid: "__proto__" }, "key_unknown"],
  ["A6", "kid as a list", { kid: ["ec"] }, "token_header_refused"],
  ["A6", "kid as an object", { kid: { ec: 1 } }, "token_header_refused"],
  ["A6", "kid as a number", { kid: 5 }, "token_header_refused"],
  ["A6", "kid null", { kid: null }, "token_header_refused"],
  ["A6", "kid of 257 characters", { kid: "k".repeat(257) }, "token_header_refused"],
  ["A6", "kid of a megabyte", { kid: "k".repeat(2 ** 20) }, "token_too_long"],
  ["A6", "no kid where several keys are", { kid: undefined }, "kid_missing"],
  ["A7", "ES256 with the kid of the RSA key", { kid: "rsa" }, "key_unfit"],
  ["A8", "crit unknown", { crit: ["x"], x: 1 }, "token_header_refused"],
  ["A8", "crit empty", { crit: [] }, "token_header_refused"],
  ["A8", "crit as a text", { crit: "exp" }, "token_header_refused"],
  ["A8", "crit b64", { crit: ["b64"], b64: true }, "token_header_refused"],
  ["A8", "b64 false", { b64: false }, "token_header_refused"],
  ["A16", "typ of a logout token", { typ: "logout+jwt" }, "token_type_refused"],
  ["A16", "typ of a DPoP proof", { typ: "dpop+jwt" }, "token_type_refused"],
  ["A16", "typ of a security event", { typ: "secevent+jwt" }, "token_type_refused"],
  ["A16", "typ with a space", { typ: "JWT " }, "token_type_refused"],
  ["A16", "typ empty", { typ: "" }, "token_type_refused"],
  ["A16", "typ as a number", { typ: 5 }, "token_type_refused"],
  ["A16", "typ null", { typ: null }, "token_type_refused"],
  ["A24", "the announcement of a token in a token", { cty: "JWT" }, "token_header_refused"],
];

/** Attacks in the claims of a token that is otherwise good. */
const claimAttacks: readonly (readonly [string, string, object, string])[] = [
  ["A10", "exp missing", { exp: undefined }, "time_malformed"],
  ["A10", "exp as a text", { exp: `${nowSeconds + 300}` }, "time_malformed"],
  ["A10", "exp null", { exp: null }, "time_malformed"],
  ["A10", "exp as a list", { exp: [nowSeconds + 300] }, "time_malformed"],
  ["A10", "exp as an object", { exp: {} }, "time_malformed"],
  ["A10", "exp in the past", { exp: nowSeconds - 31 }, "token_expired"],
  ["A11", "exp 1e300", { exp: 1e300 }, "token_lives_too_long"],
  ["A11", "exp in milliseconds", { exp: soonMs }, "token_lives_too_long"],
  ["A11", "exp and iat in milliseconds", { iat: soonMs, exp: soonMs }, "token_not_yet_valid"],
  ["A12", "iat in the future", { iat: nowSeconds + 90 }, "token_not_yet_valid"],
  ["A12", "iat missing", { iat: undefined }, "time_malformed"],
  ["A12", "ten years of life", { exp: nowSeconds + tenYears }, "token_lives_too_long"],
  ["A12", "nbf in the future", { nbf: nowSeconds + 90 }, "token_not_yet_valid"],
  ["A12", "nbf as a text", { nbf: "0" }, "time_malformed"],
  ["A13", "another audience", { aud: "someone-else" }, "audience_wrong"],
  ["A13", "a prefix of the audience", { aud: "metal" }, "audience_wrong"],
  ["A13", "a longer audience", { aud: "metal-stack-2" }, "audience_wrong"],
  ["A13", "the audience in capitals", { aud: "METAL-STACK" }, "audience_wrong"],
  ["A13", "the audience as an object", { aud: { "metal-stack": 1 } }, "audience_wrong"],
  ["A13", "the audience nested", { aud: [[audience]] }, "audience_wrong"],
  ["A13", "the audience beside a number", { aud: [audience, 5] }, "audience_wrong"],
  ["A13", "an empty list of audiences", { aud: [] }, "audience_wrong"],
  ["A13", "an empty audience", { aud: "" }, "audience_wrong"],
  ["A13", "no audience", { aud: undefined }, "audience_wrong"],
  ["A13", "azp of nobody we know", { aud: [audience, "x"], azp: "x" }, "authorized_party_wrong"],
  ["A13", "azp as a list", { azp: [audience] }, "authorized_party_wrong"],
  ["A14", "no issuer", { iss: undefined }, "issuer_unknown"],
  ["A14", "an issuer named as a member of objects", { iss: "__proto__" }, "issuer_unknown"],
  ["A16", "a logout token without typ", { events: {} }, "token_kind_refused"],
  ["A16", "an ID token of another client", { aud: "web-shop" }, "audience_wrong"],
  ["A17", "bound to a key", { cnf: { jkt: "x" } }, "token_bound_to_key"],
  ["A17", "bound to nothing", { cnf: null }, "token_bound_to_key"],
  ["A22", "sub missing", { sub: undefined }, "subject_malformed"],
  ["A22", "sub empty", { sub: "" }, "subject_malformed"],
  ["A22", "sub null", { sub: null }, "subject_malformed"],
  ["A22", "sub as a number", { sub: 5 }, "subject_malformed"],
  ["A22", "sub as an object", { sub: {} }, "subject_malformed"],
  ["A22", "sub as a list", { sub: ["4711"] }, "subject_malformed"],
  ["A22", "sub of 256 characters", { sub: "x".repeat(256) }, "subject_malformed"],
  ["A22", "NUL in sub", { sub: "a\u0000b" }, "subject_malformed"],
  ["A22", "a reversal in sub", { sub: "a\u202eb" }, "subject_malformed"],
  ["A22", "zero width in sub", { sub: "a\u200bb" }, "subject_malformed"],
  ["A22", "a new line in sub", { sub: "a\nb" }, "subject_malformed"],
  ["A22", "a soft hyphen in sub", { sub: "a\u00adb" }, "subject_malformed"],
  ["A22", "half a character in sub", { sub: "a\ud800" }, "subject_malformed"],
  ["A26", "a token of more than 8 KiB", { filler: "x".repeat(8192) }, "token_too_long"],
];

/** Attacks that change neither a header nor a claim, but how the token is made, signed or written. */
const madeAttacks: readonly Attack[] = [
  ["A1", "alg none, unsigned", (of) => of.signedBy(none, { alg: "none" }), "token_malformed"],
  ["A2", "HMAC with the public PEM", (of) => of.hmacWith(publicPem()), "algorithm_refused"],
  ["A2", "HMAC with the public DER", (of) => of.hmacWith(publicDer()), "algorithm_refused"],
  ["A2", "HMAC with the JWK", (of) => of.hmacWith(JSON.stringify(rsa.jwk)), "algorithm_refused"],
  ["A3", "HMAC with a published secret", (of) => of.hmacWith(octSecret), "algorithm_refused"],
  ["A4", "its own key", (of) => of.ownKey({ jwk: attackerEc.jwk }), "token_header_refused"],
  ["A5", "a key set's place", (of) => of.ownKey({ jku: of.attacker }), "token_header_refused"],
  ["A5", "a certificate's place", (of) => of.ownKey({ x5u: of.attacker }), "token_header_refused"],
  ["A5", "a certificate", (of) => of.ownKey({ x5c: ["MIIB"] }), "token_header_refused"],
  ["A6", "kid as a URL", (of) => of.token({}, { kid: `${of.attacker}/jwks` }), "key_unknown"],
  ["A7", "RS256 with the kid of the EC key", (of) => of.token({}, { kid: "ec" }, rsa), "key_unfit"],
  ["A7", "PS256 with a key for RS256", (of) => of.token({}, { alg: "PS256" }, rsa), "key_unfit"],
  ["A7", "a key for encryption", (of) => of.token({}, {}, encryption), "key_unknown"],
  ["A7", "RSA with 1024 bits", (of) => of.token({}, {}, weak), "key_unknown"],
  ["A9", "a claim twice", (of) => extended(of, `"roles":["x"]`), "token_malformed"],
  ["A9", "a claim twice, escaped", (of) => extended(of, `"role\\u0073":[]`), "token_malformed"],
  ["A9", "a claim twice, further in", (of) => extended(of, `"a":{"b":1,"b":2}`), "token_malformed"],
  ["A9", "a header member twice", repeatedHeader, "token_malformed"],
  ["A11", "exp 1e400", (of) => withPayload(of.expText("1e400")), "time_malformed"],
  ["A14", "a slash", (of) => of.token({ iss: `${of.issuer}/` }), "issuer_unknown"],
  ["A14", "capitals", (of) => of.token({ iss: of.issuer.toUpperCase() }), "issuer_unknown"],
  ["A14", "a list", (of) => of.token({ iss: [of.issuer] }), "issuer_unknown"],
  ["A14", "NUL", (of) => of.token({ iss: `${of.issuer}\u0000` }), "issuer_unknown"],
  ["A14", "a query", (of) => of.token({ iss: `${of.issuer}?` }), "issuer_unknown"],
  ["A14", "a fragment", (of) => of.token({ iss: `${of.issuer}#` }), "issuer_unknown"],
  ["A14", "the attacker's issuer", (of) => of.token({ iss: of.attacker }), "issuer_unknown"],
  ["A15", "signed by issuer 2 (EC)", (of) => of.token({}, {}, foreignEc), "signature_wrong"],
  ["A15", "signed by issuer 2 (RSA)", (of) => of.token({}, {}, foreignRsa), "signature_wrong"],
  ["A15", "naming issuer 2", (of) => of.token({ iss: of.foreign }), "signature_wrong"],
  ["A23", "padding", (of) => `${of.token()}==`, "token_malformed"],
  ["A23", "padding inside", (of) => changed(of, 1, (part) => `${part}=`), "token_malformed"],
  ["A23", "plain base64", (of) => changed(of, 2, (part) => `+${part.slice(1)}`), "token_malformed"],
  ["A23", "a last character that is not canonical", nonCanonical, "token_malformed"],
  ["A24", "two parts", (of) => of.token().split(".").slice(1).join("."), "token_malformed"],
  ["A24", "four parts", (of) => `${of.token()}.AA`, "token_malformed"],
  ["A24", "five parts, as encrypted tokens have", (of) => `${of.token()}.AA.AA`, "token_malformed"],
  ["A24", "an empty part", (of) => changed(of, 1, () => ""), "token_malformed"],
  ["A24", "JSON serialization", flattened, "token_malformed"],
  ["A24", "a token in a token", (of) => withPayload(of.token()), "token_malformed"],
  ["A24", "a payload that is a list", () => withPayload("[]"), "token_malformed"],
  ["A24", "a payload that is null", () => withPayload("null"), "token_malformed"],
  ["A24", "a payload that is no JSON", () => withPayload("{'a':1}"), "token_malformed"],
  [
    "A24",
    "a byte order mark",
    (of) => withPayload(`\ufeff${of.payloadWith("")}`),
    "token_malformed",
  ],
  ["A24", "a payload that is not UTF-8", (of) => changed(of, 1, () => "_w"), "token_malformed"],
  ["A25", "r and s zero", (of) => of.signedBy(zeros), "signature_wrong"],
  ["A25", "a DER signature", (of) => of.signedBy(ec.signDer), "signature_wrong"],
  ["A25", "a truncated signature", (of) => of.signedBy(cut), "signature_wrong"],
  [
    "A25",
    "another payload",
    (of) => changed(of, 1, () => encoded(of.payloadWith(`,"a":1`))),
    "signature_wrong",
  ],
  ["A26", "deep JSON", (of) => extended(of, `"a":${nestedLists(2000)}`), "token_malformed"],
];

/** Every attack for which a token is refused. */
export const attacks: readonly Attack[] = [
  ...headerAttacks.map(
    ([id, what, header, reason]): Attack => [id, what, (of) => of.token({}, header), reason],
  ),
  ...claimAttacks.map(
    ([id, what, claims, reason]): Attack => [id, what, (of) => of.token(claims), reason],
  ),
  ...madeAttacks,
];

/** Number, what is tried, claims, all of which leave the caller without a role. */
export const roleAttacks: readonly (readonly [string, string, object])[] = [
  ["A18", "a text that contains an admin name", { roles: `x ${admin} y` }],
  ["A18", "a text that is an admin name", { roles: admin }],
  ["A18", "a longer name", { roles: [`${admin}s`, `x-${admin}`] }],
  ["A18", "several names in one", { roles: [`cafeteria,${admin}`, `cafeteria ${admin}`] }],
  ["A19", "an object like a list", { roles: { length: 1, 0: admin } }],
  ["A19", "a nested list", { roles: [[admin]] }],
  ["A19", "a number", { roles: 5 }],
  ["A19", "null", { roles: null }],
  ["A19", "a list that is not all text", { roles: [admin, 5] }],
  ["A19", "more names than are looked at", { roles: [...Array(256).fill("x"), admin] }],
  ["A19", "a bad list does not give way to groups", { roles: [5], groups: [admin] }],
  [
    "A20",
    "constructor as a role",
    { roles: ["constructor", "__proto__", "prototype", "toString"] },
  ],
  ["A20", "roles of a prototype", { roles: undefined, constructor: { roles: [admin] } }],
  ["A21", "capitals", { roles: [admin.toUpperCase(), "Maas-all-all-admin"] }],
  ["A21", "spaces", { roles: [` ${admin}`, `${admin} `, `${admin}\n`] }],
  ["A21", "full width", { roles: ["ｍaas-all-all-admin"] }],
  ["A21", "dotless i", { roles: ["maas-all-all-adm\u0131n"] }],
  ["A21", "the sign of kelvin", { roles: ["\u212a8s_kaas-admin", "k8s_\u212aaas-admin"] }],
  ["A21", "zero width", { roles: ["maas-all-all-\u200badmin"] }],
  ["A30", "claims that stand elsewhere", { roles: undefined, ...elsewhere() }],
];

function repeatedHeader(of: Forgery): string {
  const header = `{"alg":"none","alg":"ES256","kid":"ec"}`;
  return compact({ header, payload: of.claims(), sign: ec.sign });
}

function flattened(of: Forgery): string {
  const [protectedHeader, payload, signature] = of.token().split(".");
  return encoded(JSON.stringify({ protected: protectedHeader, payload, signature }));
}

/** A good token with one more member. */
function extended(of: Forgery, member: string): string {
  return withPayload(of.payloadWith(`,${member}`));
}

function nestedLists(depth: number): string {
  return "[".repeat(depth) + "]".repeat(depth);
}

function elsewhere(): object {
  return {
    _claim_names: { roles: "src", groups: "src" },
    _claim_sources: { src: { endpoint: "http://127.0.0.1:1/claims" } },
  };
}

/** The last character of the signature replaced by one that differs in unused bits only. */
function nonCanonical(of: Forgery): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const text = of.token();
  return text.slice(0, -1) + alphabet[alphabet.indexOf(text.at(-1) ?? "") + 1];
}

function changed(of: Forgery, part: number, change: (part: string) => string): string {
  const parts = of.token().split(".");
  return parts.map((each, index) => (index === part ? change(each) : each)).join(".");
}
