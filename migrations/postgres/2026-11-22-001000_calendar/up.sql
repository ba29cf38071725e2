-- The team's own calendar; without a row it is the one that every business account begins with.
CREATE TABLE work_calendars (
  business_account_id uuid NOT NULL PRIMARY KEY REFERENCES business_accounts,
  weekdays bigint NOT NULL,
  keeps_banking_holidays boolean NOT NULL,
  version bigint NOT NULL
);
CREATE TABLE work_holidays (
  id uuid NOT NULL PRIMARY KEY,
  business_account_id uuid NOT NULL REFERENCES business_accounts,
  name text NOT NULL,
  day text NOT NULL,
  is_yearly boolean NOT NULL,
  created_at bigint NOT NULL
);
CREATE INDEX work_holidays_by_day ON work_holidays (business_account_id, day, id);

-- Due times that are being worked out anew: how far it has come. At most one of a business account.
CREATE TABLE due_reckonings (
  business_account_id uuid NOT NULL PRIMARY KEY REFERENCES business_accounts,
  why text NOT NULL,
  after_created bigint NOT NULL,
  after_id uuid NOT NULL,
  looked bigint NOT NULL,
  moved bigint NOT NULL,
  asked_at bigint NOT NULL,
  finished_at bigint
);

-- What the SLA of an exception counts: from when, of which severity.
ALTER TABLE exceptions ADD COLUMN sla_from bigint NOT NULL DEFAULT 0;
ALTER TABLE exceptions ADD COLUMN sla_severity bigint NOT NULL DEFAULT 0;
UPDATE exceptions SET sla_from = created_at, sla_severity = severity;
-- The due time of what has risen says by which severity it is due, and when that was.
UPDATE exceptions SET sla_severity = CASE WHEN due_rule LIKE 'Critical%' THEN 3 WHEN due_rule LIKE 'High%' THEN 2 WHEN due_rule LIKE 'Medium%' THEN 1 ELSE 0 END
WHERE due_rule LIKE '% severity: %';
UPDATE exceptions SET sla_from = due_at - 3600000000 * (CASE sla_severity WHEN 3 THEN 24 WHEN 2 THEN 72 WHEN 1 THEN 120 ELSE 168 END)
WHERE due_rule LIKE '% from the time it rose.';
