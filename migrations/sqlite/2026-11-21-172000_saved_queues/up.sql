-- Queues that people keep: a name and the filter as it stands in the address; personal or for everybody.
CREATE TABLE saved_queues (
  id BLOB PRIMARY KEY,
  business_account_id BLOB NOT NULL REFERENCES business_accounts,
  owner_id BLOB NOT NULL REFERENCES team_members,
  name TEXT NOT NULL,
  query TEXT NOT NULL,
  is_shared INTEGER NOT NULL,
  position INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  version INTEGER NOT NULL
) STRICT;
CREATE INDEX saved_queues_by_place ON saved_queues (business_account_id, is_shared, position, id);

-- Where a role begins.
CREATE TABLE role_queues (
  business_account_id BLOB NOT NULL REFERENCES business_accounts,
  role TEXT NOT NULL,
  queue_id BLOB NOT NULL REFERENCES saved_queues,
  PRIMARY KEY (business_account_id, role)
) STRICT;
