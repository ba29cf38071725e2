ALTER TABLE bulk_actions DROP COLUMN waiting;
