-- Queues that people keep: a name and the filter as it stands in the address; personal or for everybody.
CREATE TABLE saved_queues (
  id uuid PRIMARY KEY,
  business_account_id uuid NOT NULL REFERENCES business_accounts,
  owner_id uuid NOT NULL REFERENCES team_members,
  name text NOT NULL,
  query text NOT NULL,
  is_shared boolean NOT NULL,
  position bigint NOT NULL,
  created_at bigint NOT NULL,
  version bigint NOT NULL
);
CREATE INDEX saved_queues_by_place ON saved_queues (business_account_id, is_shared, position, id);

-- Where a role begins.
CREATE TABLE role_queues (
  business_account_id uuid NOT NULL REFERENCES business_accounts,
  role text NOT NULL,
  queue_id uuid NOT NULL REFERENCES saved_queues,
  PRIMARY KEY (business_account_id, role)
);
