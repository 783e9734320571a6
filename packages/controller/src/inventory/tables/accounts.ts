/** Rows of the accounts and secrets rooms. Times are ISO 8601 in UTC. */

export interface AccountsTable {
  name: string;
  role: string;
  tenant: string | null;
  /** `scrypt$N$r$p$salt$key`, salt and key in base64url. */
  passwordHash: string;
  createdAt: string;
  updatedAt: string;
}

export interface TokensTable {
  /** SHA-256 of the token, hex; the token itself is never stored. */
  hash: string;
  account: string;
  createdAt: string;
  expiresAt: string;
}

export interface AccessTokensTable {
  account: string;
  /** Unlike those of the account's other access tokens. */
  name: string;
  /** As in TokensTable. */
  hash: string;
  role: string;
  createdAt: string;
  expiresAt: string;
  /** Written at most once an hour; null: never used. */
  usedAt: string | null;
}

export interface SecretsTable {
  name: string;
  version: number;
  /** AES-256-GCM ciphertext followed by its 16-byte tag. */
  ciphertext: Uint8Array;
  nonce: Uint8Array;
  createdAt: string;
}
