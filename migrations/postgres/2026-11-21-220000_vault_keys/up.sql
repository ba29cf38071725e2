-- Keys that are not the secret's own, sealed by it: those of the keyed hashes, which outlive a change of secret.
CREATE TABLE vault_keys (
  name TEXT PRIMARY KEY,
  sealed BYTEA NOT NULL
);
