-- The team's own calendar; without a row it is the one that every business account begins with.
CREATE TABLE work_calendars (
  business_account_id BLOB NOT NULL PRIMARY KEY REFERENCES business_accounts,
  weekdays INTEGER NOT NULL,
  keeps_banking_holidays INTEGER NOT NULL,
  version INTEGER NOT NULL
) STRICT;
CREATE TABLE work_holidays (
  id BLOB NOT NULL PRIMARY KEY,
  business_account_id BLOB NOT NULL REFERENCES business_accounts,
  name TEXT NOT NULL,
  day TEXT NOT NULL,
  is_yearly INTEGER NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX work_holidays_by_day ON work_holidays (business_account_id, day, id);

-- Due times that are being worked out anew: how far it has come. At most one of a business account.
CREATE TABLE due_reckonings (
  business_account_id BLOB NOT NULL PRIMARY KEY REFERENCES business_accounts,
  why TEXT NOT NULL,
  after_created INTEGER NOT NULL,
  after_id BLOB NOT NULL,
  looked INTEGER NOT NULL,
  moved INTEGER NOT NULL,
  asked_at INTEGER NOT NULL,
  finished_at INTEGER
) STRICT;

-- What the SLA of an exception counts: from when, of which severity.
ALTER TABLE exceptions ADD COLUMN sla_from INTEGER NOT NULL DEFAULT 0;
ALTER TABLE exceptions ADD COLUMN sla_severity INTEGER NOT NULL DEFAULT 0;
UPDATE exceptions SET sla_from = created_at, sla_severity = severity;
-- The due time of what has risen says by which severity it is due, and when that was.
UPDATE exceptions SET sla_severity = CASE WHEN due_rule LIKE 'Critical%' THEN 3 WHEN due_rule LIKE 'High%' THEN 2 WHEN due_rule LIKE 'Medium%' THEN 1 ELSE 0 END
WHERE due_rule LIKE '% severity: %';
UPDATE exceptions SET sla_from = due_at - 3600000000 * (CASE sla_severity WHEN 3 THEN 24 WHEN 2 THEN 72 WHEN 1 THEN 120 ELSE 168 END)
WHERE due_rule LIKE '% from the time it rose.';
