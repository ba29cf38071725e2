-- Who is told of what happens. The history is the outbox: events commit with their changes, and a subscription is told
-- of those after `since_seq`.
CREATE TABLE webhook_subscriptions (
  id uuid PRIMARY KEY,
  business_account_id uuid NOT NULL REFERENCES business_accounts,
  url text NOT NULL,
  description text NOT NULL,
  events text NOT NULL,
  state text NOT NULL,
  suspended_because text NOT NULL,
  secret bytea NOT NULL,
  previous_secret bytea,
  previous_until bigint,
  since_seq bigint NOT NULL,
  lease_until bigint,
  failures bigint NOT NULL,
  rests_until bigint,
  version bigint NOT NULL,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL
);
CREATE INDEX webhook_subscriptions_by_account ON webhook_subscriptions (business_account_id, created_at, id);

-- How far the history has been turned into messages.
CREATE TABLE webhook_cursors (
  business_account_id uuid PRIMARY KEY REFERENCES business_accounts,
  seq bigint NOT NULL
);

-- One message to one subscription; `place` is its place among those about the same subject.
CREATE TABLE webhook_deliveries (
  id uuid PRIMARY KEY,
  business_account_id uuid NOT NULL REFERENCES business_accounts,
  subscription_id uuid NOT NULL REFERENCES webhook_subscriptions,
  message_id uuid NOT NULL,
  kind text NOT NULL,
  subject_id uuid NOT NULL,
  place bigint NOT NULL,
  body text NOT NULL,
  state text NOT NULL,
  attempts bigint NOT NULL,
  failing_since bigint,
  next_at bigint NOT NULL,
  last_outcome text NOT NULL,
  delivered_at bigint,
  created_at bigint NOT NULL
);
CREATE UNIQUE INDEX webhook_deliveries_by_message ON webhook_deliveries (subscription_id, message_id);
CREATE INDEX webhook_deliveries_by_time ON webhook_deliveries (subscription_id, created_at, id);
CREATE INDEX webhook_deliveries_waiting ON webhook_deliveries (subscription_id, subject_id, place) WHERE state = 'WAITING';
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (subscription_id, place) WHERE state = 'WAITING';
CREATE INDEX webhook_deliveries_done ON webhook_deliveries (delivered_at) WHERE state = 'DELIVERED';

CREATE TABLE webhook_attempts (
  id uuid PRIMARY KEY,
  business_account_id uuid NOT NULL REFERENCES business_accounts,
  delivery_id uuid NOT NULL REFERENCES webhook_deliveries,
  at bigint NOT NULL,
  status bigint,
  outcome text NOT NULL
);
CREATE INDEX webhook_attempts_by_delivery ON webhook_attempts (delivery_id, at, id);
