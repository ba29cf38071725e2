-- The time zone in which a person reads and types times of day; none for the business account's. It is that of their
-- digest too: what somebody has chosen for it, other than the business account's, is their own from now on.
ALTER TABLE team_members ADD COLUMN time_zone text;
UPDATE team_members SET time_zone = (
  SELECT min(c.time_zone) FROM mail_choices c JOIN business_accounts b ON b.id = c.business_account_id
  WHERE c.member_id = team_members.id AND c.time_zone <> b.time_zone
);
ALTER TABLE mail_choices DROP COLUMN time_zone;
