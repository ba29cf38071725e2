ALTER TABLE mail_choices ADD COLUMN time_zone TEXT NOT NULL DEFAULT 'UTC';
UPDATE mail_choices SET time_zone = coalesce(
  (SELECT t.time_zone FROM team_members t WHERE t.id = mail_choices.member_id),
  (SELECT b.time_zone FROM business_accounts b WHERE b.id = mail_choices.business_account_id)
);
-- Who has a time zone and has said nothing of the digest: it is at 8 there, as is usual.
INSERT INTO mail_choices (business_account_id, member_id, digest_minute, time_zone)
SELECT m.business_account_id, m.team_member_id, 480, t.time_zone
FROM memberships m JOIN team_members t ON t.id = m.team_member_id
WHERE t.time_zone IS NOT NULL AND NOT EXISTS (
  SELECT 1 FROM mail_choices c
  WHERE c.business_account_id = m.business_account_id AND c.member_id = m.team_member_id
);
ALTER TABLE team_members DROP COLUMN time_zone;
