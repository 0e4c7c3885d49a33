// Known answers of metal-stack's HMAC scheme: made with its own Go code, recomputed in Python.

/** A signature that is right arithmetic, as a client would send it. */
export interface SignedVector {
  readonly id: string;
  readonly note: string;
  readonly type: string;
  readonly key: string;
  readonly method: string;
  readonly salt: string;
  /** X-Date as sent. */
  readonly sentDate: string;
  /** The time as it is signed. */
  readonly signedDate: string;
  readonly mac: string;
}

const salt = {
  view: "ABCDEFGHIJKLMNOPQRSTUVWX",
  edit: "abcdefghijklmnopqrstuvwx",
  admin: "aAbBcCdDeEfFgGhHiIjJkKlL",
} as const;
const ten = "2026-01-15T10:00:00Z";

/** Every one is correct for `signHmac`; which ones a server takes is another question. */
export const signedVectors: readonly SignedVector[] = [
  {
    id: "V1",
    note: "a call of the view user",
    type: "Metal-View",
    key: "metal-view",
    method: "POST",
    salt: salt.view,
    sentDate: ten,
    signedDate: ten,
    mac: "61a312a273ce431a62387d3d8967f58feb9c35c8eaf953628d8f503ed01d3b72",
  },
  {
    id: "V2",
    note: "a call of the edit user",
    type: "Metal-Edit",
    key: "metal-edit",
    method: "POST",
    salt: salt.edit,
    sentDate: ten,
    signedDate: ten,
    mac: "3f550f03b97ae073164a2c9c797172f62d162cc16d775a79aebe5f8033872b57",
  },
  {
    id: "V3",
    note: "a call of the admin user",
    type: "Metal-Admin",
    key: "metal-admin",
    method: "POST",
    salt: salt.admin,
    sentDate: ten,
    signedDate: ten,
    mac: "be39d3ee1f4d1970579129bed16205bcf484b5f53b59979b55d29030412219fe",
  },
  {
    id: "V4",
    note: "a Connect read by GET",
    type: "Metal-Admin",
    key: "metal-admin",
    method: "GET",
    salt: salt.admin,
    sentDate: ten,
    signedDate: ten,
    mac: "03f338ce8c2035b484e28344cb447b883657e72e0019c56eeb98fb87fdef0b23",
  },
  {
    id: "V5",
    note: "a public key and no salt",
    type: "Metal-Admin",
    key: "must-be-changed",
    method: "POST",
    salt: "",
    sentDate: ten,
    signedDate: ten,
    mac: "7ae195457af586941c13bd4ac58394e936b87bada0a2d94f0bf0fa8e1dcba8ad",
  },
  {
    id: "V6",
    note: "offset and fraction are normalised before signing",
    type: "Metal-Admin",
    key: "metal-admin",
    method: "POST",
    salt: salt.admin,
    sentDate: "2026-01-15T11:00:00.987654321+01:00",
    signedDate: ten,
    mac: "be39d3ee1f4d1970579129bed16205bcf484b5f53b59979b55d29030412219fe",
  },
  {
    id: "V7",
    note: "an empty key",
    type: "Metal-Edit",
    key: "",
    method: "POST",
    salt: salt.edit,
    sentDate: ten,
    signedDate: ten,
    mac: "f5b71a585c0ab149b0e9b03c1b953c72f56aad3c08549ad2ce3b8daf93940eb2",
  },
  {
    id: "V8",
    note: "a key longer than a SHA-256 block, on a leap day",
    type: "Metal-Admin",
    key: "0123456789abcdef".repeat(5),
    method: "POST",
    salt: "saltsaltsaltsaltsaltsalt",
    sentDate: "2024-02-29T23:59:59Z",
    signedDate: "2024-02-29T23:59:59Z",
    mac: "9ad1c0d1961d03940e56270088317a534aae15a82d3e6a9a209ff9af3da8ed57",
  },
  {
    id: "V9",
    note: "a key is its UTF-8 bytes",
    type: "Metal-View",
    key: "schlüssel-é🔑",
    method: "POST",
    salt: salt.view,
    sentDate: ten,
    signedDate: ten,
    mac: "e5652939a4b0b2abc40c577f89edbc91867797d80f75a6c873b905d5310d504c",
  },
  {
    id: "V10",
    note: "the invented method of another service",
    type: "tmdm",
    key: "4Rahs0WnJ4rJE8ZiwiLec62z",
    method: "GRPC",
    salt: salt.view,
    sentDate: ten,
    signedDate: ten,
    mac: "9ea36e2d22c6d2ed7be521044f032a662a8b51000acd9884a08c098fe926867a",
  },
  {
    id: "V11",
    note: "another method, and the year rolls over in UTC",
    type: "Metal-Admin",
    key: "metal-admin",
    method: "DELETE",
    salt: "x",
    sentDate: "2026-12-31T23:59:59-08:00",
    signedDate: "2027-01-01T07:59:59Z",
    mac: "28091322657f3a839a02e041bf28d5e54d67b620a8b65c28f4efe0ddab344b43",
  },
];

/** Raw bytes in hex: what cannot travel through an HTTP header. */
export const rawVectors = [
  {
    id: "T1",
    keyHex: "010203",
    methodHex: "474554",
    saltHex: "010203040506",
    date: "2019-01-16T14:44:45Z",
    mac: "f8d293a06bdde899a5bd1dd61b13842564650c717c742db02c4e1a888fc22501",
  },
  {
    id: "T2",
    keyHex: "010203",
    methodHex: "06070809",
    saltHex: "",
    date: "2019-01-16T14:44:45Z",
    mac: "bfb747058c7036befe1e32ce1d180099aa85951656e2164245b53e766074e262",
  },
  {
    id: "T3",
    keyHex: "6d6574616c2d746573742d61646d696e",
    methodHex: "474554",
    saltHex: "",
    date: "2019-05-29T09:26:39Z",
    mac: "dd864d767ca9eec0337727e6ae69a30c47fa1501d1df9c7f2c4caaa83cf2f9f3",
  },
  {
    id: "T4",
    keyHex: "6d6574616c2d746573742d76696577",
    methodHex: "474554",
    saltHex: "",
    date: "2019-05-29T09:26:39Z",
    mac: "fa7874b573da17b6b3d16d0f93eb294487cc6dba4f7c62fcac66016ad9601780",
  },
  {
    id: "T5",
    keyHex: "6d6574616c2d746573742d61646d696e",
    methodHex: "474554",
    saltHex: "",
    date: "2019-05-29T12:10:28Z",
    mac: "086fe2ca42719ce22e5c4d4f90ab7c3ec18bb7c43827adeff2a9f19105c1b8c7",
  },
  {
    id: "T6",
    keyHex: "6d6574616c2d746573742d61646d696e",
    methodHex: "504f5354",
    saltHex:
      "7b226465736372697074696f6e223a225562756e74752031382e3034204d696e696d616c222c226665617475726573223a5b226d616368696e65225d2c226964223a227562756e74752d31382e3034222c226e616d65223a225562756e74752031382e3034222c2275726c223a22687474703a2f2f3139322e3136382e322e313a393030302f6d6574616c2f696d616765732f6f732f7562756e74752f31382e30342f696d672e7461722e6c7a34227d0a",
    date: "2019-05-29T10:43:44Z",
    mac: "7774b8abfcdb56d2e17ff0f78dceae62bd61e2cc785ba59c2017a04c4944e615",
  },
  {
    id: "T7",
    keyHex: "6d6574616c2d746573742d61646d696e",
    methodHex: "505554",
    saltHex: "",
    date: "2019-05-29T12:30:43Z",
    mac: "e4b6f0e0f793e58efe7121fc5a3fe731f593e40f3ac27ebc1af09366ef7415f5",
  },
] as const;

/** Refused by a server that holds "metal-admin" as key of Metal-Admin. */
export const refusedVectors = [
  {
    id: "N1",
    why: "signed over the header text instead of the normalised time",
    sentDate: "2026-01-15T10:00:00.123Z",
    authorization: "Metal-Admin ed6a20c13fef70e0e7578197b6c269983d466e7f06e87014d25003c66b35e0cb",
  },
  {
    id: "N2",
    why: "upper-case hex",
    sentDate: "2026-01-15T10:00:00Z",
    authorization: "Metal-Admin BE39D3EE1F4D1970579129BED16205BCF484B5F53B59979B55D29030412219FE",
  },
  {
    id: "N3",
    why: "the edit key under the admin type",
    sentDate: "2026-01-15T10:00:00Z",
    authorization: "Metal-Admin ac8c4f57e16b3a43cac75ed354750586c5a698375a3baac9b7fccb99e6e53931",
  },
  {
    id: "N4",
    why: "method and salt swapped",
    sentDate: "2026-01-15T10:00:00Z",
    authorization: "Metal-Admin 3842b240e049c960d03d76d048cb219ab1309154823758efe77bb891f980a391",
  },
  {
    id: "N5",
    why: "base64 instead of hex",
    sentDate: "2026-01-15T10:00:00Z",
    authorization: "Metal-Admin vjnT7h9NGXBXkSm+0WIFvPSEtfU7WZebVdKQMEEiGf4=",
  },
] as const;
