// The contract of the VPN through which people reach firewalls. Each project has a part of it to itself.

/** What lets one node in. */
export interface AuthKeyRequest {
  readonly projectId: string;
  /** The node vanishes when it goes offline. */
  readonly ephemeral: boolean;
  /** From then on the key lets nobody in any more. */
  readonly expiresAt: Date;
}

/** A key that lets one node in, once. */
export interface AuthKey {
  /** By which it is revoked. It is no secret. */
  readonly id: string;
  readonly key: string;
  readonly expiresAt: Date;
}

/** Something that is in the VPN, or was. */
export interface VpnNode {
  /** By which it is deleted. */
  readonly id: string;
  /** What it calls itself; a firewall by its machine. */
  readonly name: string;
  /** Empty if it belongs to none. */
  readonly projectId: string;
  readonly online: boolean;
  readonly ips: readonly string[];
}

/** The VPN. All of it rejects with unavailable if its server does not answer. */
export interface Vpn {
  /** The server that nodes log in at. */
  readonly loginUrl: string;
  /** Makes a key. The part of the VPN for the project is made if there is none. */
  createAuthKey(request: AuthKeyRequest): Promise<AuthKey>;
  /** Lets nobody in with a key any more; those who are in stay. */
  revokeAuthKey(key: AuthKey): Promise<void>;
  /** Everything that is known of nodes. */
  nodes(): Promise<VpnNode[]>;
  /** Puts a node out. Nothing happens if there is none. */
  deleteNode(id: string): Promise<void>;
}
