-- What reports read in place of exceptions, kept true by the triggers below. A resolved exception is frozen, so the
-- moment of its latest change is that of its resolution; taking an exception touches nothing here.
-- By quarters of an hour, of which the days of every time zone consist: raised, resolved, resolved by the due time.
CREATE TABLE report_quarters (
  business_account_id uuid NOT NULL REFERENCES business_accounts,
  starts_at bigint NOT NULL,
  arrived bigint NOT NULL,
  resolved bigint NOT NULL,
  in_time bigint NOT NULL,
  PRIMARY KEY (business_account_id, starts_at)
);

-- By days of UTC, counted since 1970: what was raised, by type and code (empty without one).
CREATE TABLE report_codes (
  business_account_id uuid NOT NULL REFERENCES business_accounts,
  day bigint NOT NULL,
  kind text NOT NULL,
  code text NOT NULL,
  n bigint NOT NULL,
  PRIMARY KEY (business_account_id, day, kind, code)
);

-- What was resolved, by its holder; all zeros when nobody had it.
CREATE TABLE report_holders (
  business_account_id uuid NOT NULL REFERENCES business_accounts,
  day bigint NOT NULL,
  member uuid NOT NULL,
  n bigint NOT NULL,
  PRIMARY KEY (business_account_id, day, member)
);

-- What was resolved, by the minutes since it was raised: to the minute below an hour, to ten below a day, to the hour
-- below thirty days, then to the day.
CREATE TABLE report_minutes (
  business_account_id uuid NOT NULL REFERENCES business_accounts,
  day bigint NOT NULL,
  minutes bigint NOT NULL,
  n bigint NOT NULL,
  PRIMARY KEY (business_account_id, day, minutes)
);

CREATE FUNCTION report_arrival(e exceptions, step bigint) RETURNS void LANGUAGE sql AS $$
  INSERT INTO report_quarters AS q VALUES (e.business_account_id, e.created_at / 900000000 * 900000000, step, 0, 0)
  ON CONFLICT (business_account_id, starts_at) DO UPDATE SET arrived = q.arrived + step;
  INSERT INTO report_codes AS c VALUES (e.business_account_id, e.created_at / 86400000000, e.kind, coalesce(e.code, ''), step)
  ON CONFLICT (business_account_id, day, kind, code) DO UPDATE SET n = c.n + step;
$$;
CREATE FUNCTION report_resolution(e exceptions, step bigint) RETURNS void LANGUAGE sql AS $$
  INSERT INTO report_quarters AS q
  VALUES (e.business_account_id, e.updated_at / 900000000 * 900000000, 0, step, CASE WHEN e.updated_at <= e.due_at THEN step ELSE 0 END)
  ON CONFLICT (business_account_id, starts_at) DO UPDATE SET resolved = q.resolved + excluded.resolved, in_time = q.in_time + excluded.in_time;
  INSERT INTO report_holders AS h
  VALUES (e.business_account_id, e.updated_at / 86400000000, coalesce(e.assignee_id, '00000000-0000-0000-0000-000000000000'::uuid), step)
  ON CONFLICT (business_account_id, day, member) DO UPDATE SET n = h.n + step;
  INSERT INTO report_minutes AS t
  SELECT e.business_account_id, e.updated_at / 86400000000, CASE WHEN m < 60 THEN m WHEN m < 1440 THEN m / 10 * 10 WHEN m < 43200 THEN m / 60 * 60 ELSE m / 1440 * 1440 END, step
  FROM (SELECT greatest((e.updated_at - e.created_at) / 60000000, 0) AS m) AS each
  ON CONFLICT (business_account_id, day, minutes) DO UPDATE SET n = t.n + step;
$$;
CREATE FUNCTION report_exception() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN PERFORM report_arrival(OLD, -1); END IF;
  IF TG_OP = 'INSERT' THEN PERFORM report_arrival(NEW, 1); END IF;
  IF TG_OP <> 'INSERT' THEN IF NOT OLD.is_open THEN PERFORM report_resolution(OLD, -1); END IF; END IF;
  IF TG_OP <> 'DELETE' THEN IF NOT NEW.is_open THEN PERFORM report_resolution(NEW, 1); END IF; END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER exceptions_reported AFTER INSERT OR DELETE ON exceptions
FOR EACH ROW EXECUTE FUNCTION report_exception();
-- Only where a resolved one is or was: a claim costs nothing.
CREATE TRIGGER exceptions_reported_anew AFTER UPDATE ON exceptions
FOR EACH ROW WHEN (NOT OLD.is_open OR NOT NEW.is_open) EXECUTE FUNCTION report_exception();

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
SELECT business_account_id, updated_at / 86400000000, coalesce(assignee_id, '00000000-0000-0000-0000-000000000000'::uuid), count(*) FROM exceptions WHERE NOT is_open GROUP BY 1, 2, 3;
INSERT INTO report_minutes
SELECT business_account_id, day, CASE WHEN m < 60 THEN m WHEN m < 1440 THEN m / 10 * 10 WHEN m < 43200 THEN m / 60 * 60 ELSE m / 1440 * 1440 END, count(*) FROM (
  SELECT business_account_id, updated_at / 86400000000 AS day, greatest((updated_at - created_at) / 60000000, 0) AS m FROM exceptions WHERE NOT is_open
) AS each GROUP BY 1, 2, 3;
