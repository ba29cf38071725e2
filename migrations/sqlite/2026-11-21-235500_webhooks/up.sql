-- Who is told of what happens. The history is the outbox: events commit with their changes, and a subscription is told
-- of those after `since_seq`.
CREATE TABLE webhook_subscriptions (
  id BLOB PRIMARY KEY,
  business_account_id BLOB NOT NULL REFERENCES business_accounts,
  url TEXT NOT NULL,
  description TEXT NOT NULL,
  events TEXT NOT NULL,
  state TEXT NOT NULL,
  suspended_because TEXT NOT NULL,
  secret BLOB NOT NULL,
  previous_secret BLOB,
  previous_until INTEGER,
  since_seq INTEGER NOT NULL,
  lease_until INTEGER,
  failures INTEGER NOT NULL,
  rests_until INTEGER,
  version INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX webhook_subscriptions_by_account ON webhook_subscriptions (business_account_id, created_at, id);

-- How far the history has been turned into messages.
CREATE TABLE webhook_cursors (
  business_account_id BLOB PRIMARY KEY REFERENCES business_accounts,
  seq INTEGER NOT NULL
) STRICT;

-- One message to one subscription; `place` is its place among those about the same subject.
CREATE TABLE webhook_deliveries (
  id BLOB PRIMARY KEY,
  business_account_id BLOB NOT NULL REFERENCES business_accounts,
  subscription_id BLOB NOT NULL REFERENCES webhook_subscriptions,
  message_id BLOB NOT NULL,
  kind TEXT NOT NULL,
  subject_id BLOB NOT NULL,
  place INTEGER NOT NULL,
  body TEXT NOT NULL,
  state TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  failing_since INTEGER,
  next_at INTEGER NOT NULL,
  last_outcome TEXT NOT NULL,
  delivered_at INTEGER,
  created_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX webhook_deliveries_by_message ON webhook_deliveries (subscription_id, message_id);
CREATE INDEX webhook_deliveries_by_time ON webhook_deliveries (subscription_id, created_at, id);
CREATE INDEX webhook_deliveries_waiting ON webhook_deliveries (subscription_id, subject_id, place) WHERE state = 'WAITING';
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (subscription_id, place) WHERE state = 'WAITING';
CREATE INDEX webhook_deliveries_done ON webhook_deliveries (delivered_at) WHERE state = 'DELIVERED';

CREATE TABLE webhook_attempts (
  id BLOB PRIMARY KEY,
  business_account_id BLOB NOT NULL REFERENCES business_accounts,
  delivery_id BLOB NOT NULL REFERENCES webhook_deliveries,
  at INTEGER NOT NULL,
  status INTEGER,
  outcome TEXT NOT NULL
) STRICT;
CREATE INDEX webhook_attempts_by_delivery ON webhook_attempts (delivery_id, at, id);
