DROP INDEX notifications_by_mail;
ALTER TABLE notifications DROP COLUMN mail_id;
ALTER TABLE notification_choices DROP COLUMN mail;
DROP TABLE mail_choices;
DROP TABLE mails;
