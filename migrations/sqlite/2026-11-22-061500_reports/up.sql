-- What reports read in place of exceptions, kept true by the triggers below. A resolved exception is frozen, so the
-- moment of its latest change is that of its resolution; taking an exception touches nothing here.
-- By quarters of an hour, of which the days of every time zone consist: raised, resolved, resolved by the due time.
CREATE TABLE report_quarters (
  business_account_id BLOB NOT NULL REFERENCES business_accounts,
  starts_at INTEGER NOT NULL,
  arrived INTEGER NOT NULL,
  resolved INTEGER NOT NULL,
  in_time INTEGER NOT NULL,
  PRIMARY KEY (business_account_id, starts_at)
) STRICT, WITHOUT ROWID;

-- By days of UTC, counted since 1970: what was raised, by type and code (empty without one).
CREATE TABLE report_codes (
  business_account_id BLOB NOT NULL REFERENCES business_accounts,
  day INTEGER NOT NULL,
  kind TEXT NOT NULL,
  code TEXT NOT NULL,
  n INTEGER NOT NULL,
  PRIMARY KEY (business_account_id, day, kind, code)
) STRICT, WITHOUT ROWID;

-- What was resolved, by its holder; all zeros when nobody had it.
CREATE TABLE report_holders (
  business_account_id BLOB NOT NULL REFERENCES business_accounts,
  day INTEGER NOT NULL,
  member BLOB NOT NULL,
  n INTEGER NOT NULL,
  PRIMARY KEY (business_account_id, day, member)
) STRICT, WITHOUT ROWID;

-- What was resolved, by the minutes since it was raised: to the minute below an hour, to ten below a day, to the hour
-- below thirty days, then to the day.
CREATE TABLE report_minutes (
  business_account_id BLOB NOT NULL REFERENCES business_accounts,
  day INTEGER NOT NULL,
  minutes INTEGER NOT NULL,
  n INTEGER NOT NULL,
  PRIMARY KEY (business_account_id, day, minutes)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER exceptions_reported_in AFTER INSERT ON exceptions BEGIN
  INSERT INTO report_quarters
  VALUES (NEW.business_account_id, NEW.created_at / 900000000 * 900000000, 1, 0, 0)
  ON CONFLICT (business_account_id, starts_at) DO UPDATE SET arrived = arrived + excluded.arrived;
  INSERT INTO report_codes
  VALUES (NEW.business_account_id, NEW.created_at / 86400000000, NEW.kind, coalesce(NEW.code, ''), 1)
  ON CONFLICT (business_account_id, day, kind, code) DO UPDATE SET n = n + excluded.n;
END;
CREATE TRIGGER exceptions_reported_closed AFTER INSERT ON exceptions WHEN NOT NEW.is_open BEGIN
  INSERT INTO report_quarters
  SELECT NEW.business_account_id, NEW.updated_at / 900000000 * 900000000, 0, 1, CASE WHEN NEW.updated_at <= NEW.due_at THEN 1 ELSE 0 END WHERE NOT NEW.is_open
  ON CONFLICT (business_account_id, starts_at) DO UPDATE SET resolved = resolved + excluded.resolved, in_time = in_time + excluded.in_time;
  INSERT INTO report_holders
  SELECT NEW.business_account_id, NEW.updated_at / 86400000000, coalesce(NEW.assignee_id, zeroblob(16)), 1 WHERE NOT NEW.is_open
  ON CONFLICT (business_account_id, day, member) DO UPDATE SET n = n + excluded.n;
  INSERT INTO report_minutes
  SELECT business_account_id, day, CASE WHEN m < 60 THEN m WHEN m < 1440 THEN m / 10 * 10 WHEN m < 43200 THEN m / 60 * 60 ELSE m / 1440 * 1440 END, 1 FROM (
    SELECT NEW.business_account_id AS business_account_id, NEW.updated_at / 86400000000 AS day, max((NEW.updated_at - NEW.created_at) / 60000000, 0) AS m WHERE NOT NEW.is_open) WHERE true
  ON CONFLICT (business_account_id, day, minutes) DO UPDATE SET n = n + excluded.n;
END;
CREATE TRIGGER exceptions_reported_out AFTER DELETE ON exceptions BEGIN
  INSERT INTO report_quarters
  VALUES (OLD.business_account_id, OLD.created_at / 900000000 * 900000000, -1, 0, 0)
  ON CONFLICT (business_account_id, starts_at) DO UPDATE SET arrived = arrived + excluded.arrived;
  INSERT INTO report_codes
  VALUES (OLD.business_account_id, OLD.created_at / 86400000000, OLD.kind, coalesce(OLD.code, ''), -1)
  ON CONFLICT (business_account_id, day, kind, code) DO UPDATE SET n = n + excluded.n;
  INSERT INTO report_quarters
  SELECT OLD.business_account_id, OLD.updated_at / 900000000 * 900000000, 0, -1, CASE WHEN OLD.updated_at <= OLD.due_at THEN -1 ELSE 0 END WHERE NOT OLD.is_open
  ON CONFLICT (business_account_id, starts_at) DO UPDATE SET resolved = resolved + excluded.resolved, in_time = in_time + excluded.in_time;
  INSERT INTO report_holders
  SELECT OLD.business_account_id, OLD.updated_at / 86400000000, coalesce(OLD.assignee_id, zeroblob(16)), -1 WHERE NOT OLD.is_open
  ON CONFLICT (business_account_id, day, member) DO UPDATE SET n = n + excluded.n;
  INSERT INTO report_minutes
  SELECT business_account_id, day, CASE WHEN m < 60 THEN m WHEN m < 1440 THEN m / 10 * 10 WHEN m < 43200 THEN m / 60 * 60 ELSE m / 1440 * 1440 END, -1 FROM (
    SELECT OLD.business_account_id AS business_account_id, OLD.updated_at / 86400000000 AS day, max((OLD.updated_at - OLD.created_at) / 60000000, 0) AS m WHERE NOT OLD.is_open) WHERE true
  ON CONFLICT (business_account_id, day, minutes) DO UPDATE SET n = n + excluded.n;
END;
-- Only where a resolved one is or was: a claim costs nothing.
CREATE TRIGGER exceptions_reported_anew AFTER UPDATE OF is_open, updated_at, due_at, assignee_id ON exceptions
WHEN NOT OLD.is_open OR NOT NEW.is_open BEGIN
  INSERT INTO report_quarters
  SELECT OLD.business_account_id, OLD.updated_at / 900000000 * 900000000, 0, -1, CASE WHEN OLD.updated_at <= OLD.due_at THEN -1 ELSE 0 END WHERE NOT OLD.is_open
  ON CONFLICT (business_account_id, starts_at) DO UPDATE SET resolved = resolved + excluded.resolved, in_time = in_time + excluded.in_time;
  INSERT INTO report_holders
  SELECT OLD.business_account_id, OLD.updated_at / 86400000000, coalesce(OLD.assignee_id, zeroblob(16)), -1 WHERE NOT OLD.is_open
  ON CONFLICT (business_account_id, day, member) DO UPDATE SET n = n + excluded.n;
  INSERT INTO report_minutes
  SELECT business_account_id, day, CASE WHEN m < 60 THEN m WHEN m < 1440 THEN m / 10 * 10 WHEN m < 43200 THEN m / 60 * 60 ELSE m / 1440 * 1440 END, -1 FROM (
    SELECT OLD.business_account_id AS business_account_id, OLD.updated_at / 86400000000 AS day, max((OLD.updated_at - OLD.created_at) / 60000000, 0) AS m WHERE NOT OLD.is_open) WHERE true
  ON CONFLICT (business_account_id, day, minutes) DO UPDATE SET n = n + excluded.n;
  INSERT INTO report_quarters
  SELECT NEW.business_account_id, NEW.updated_at / 900000000 * 900000000, 0, 1, CASE WHEN NEW.updated_at <= NEW.due_at THEN 1 ELSE 0 END WHERE NOT NEW.is_open
  ON CONFLICT (business_account_id, starts_at) DO UPDATE SET resolved = resolved + excluded.resolved, in_time = in_time + excluded.in_time;
  INSERT INTO report_holders
  SELECT NEW.business_account_id, NEW.updated_at / 86400000000, coalesce(NEW.assignee_id, zeroblob(16)), 1 WHERE NOT NEW.is_open
  ON CONFLICT (business_account_id, day, member) DO UPDATE SET n = n + excluded.n;
  INSERT INTO report_minutes
  SELECT business_account_id, day, CASE WHEN m < 60 THEN m WHEN m < 1440 THEN m / 10 * 10 WHEN m < 43200 THEN m / 60 * 60 ELSE m / 1440 * 1440 END, 1 FROM (
    SELECT NEW.business_account_id AS business_account_id, NEW.updated_at / 86400000000 AS day, max((NEW.updated_at - NEW.created_at) / 60000000, 0) AS m WHERE NOT NEW.is_open) WHERE true
  ON CONFLICT (business_account_id, day, minutes) DO UPDATE SET n = n + excluded.n;
END;

-- What there is.
INSERT INTO report_quarters
SELECT business_account_id, starts_at, SUM(arrived), SUM(resolved), SUM(in_time) FROM (
  SELECT business_account_id, created_at / 900000000 * 900000000 AS starts_at, 1 AS arrived, 0 AS resolved, 0 AS in_time FROM exceptions
  UNION ALL
  SELECT business_account_id, updated_at / 900000000 * 900000000, 0, 1, CASE WHEN updated_at <= due_at THEN 1 ELSE 0 END FROM exceptions WHERE NOT is_open
) AS each GROUP BY business_account_id, starts_at;
INSERT INTO report_codes
SELECT business_account_id, created_at / 86400000000, kind, coalesce(code, ''), count(*) FROM exceptions GROUP BY 1, 2, 3, 4;
INSERT INTO report_holders
SELECT business_account_id, updated_at / 86400000000, coalesce(assignee_id, zeroblob(16)), count(*) FROM exceptions WHERE NOT is_open GROUP BY 1, 2, 3;
INSERT INTO report_minutes
SELECT business_account_id, day, CASE WHEN m < 60 THEN m WHEN m < 1440 THEN m / 10 * 10 WHEN m < 43200 THEN m / 60 * 60 ELSE m / 1440 * 1440 END, count(*) FROM (
  SELECT business_account_id, updated_at / 86400000000 AS day, max((updated_at - created_at) / 60000000, 0) AS m FROM exceptions WHERE NOT is_open
) AS each GROUP BY 1, 2, 3;
