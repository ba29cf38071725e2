-- What a second person must agree to is neither done nor left as it is.
ALTER TABLE bulk_actions ADD COLUMN waiting INTEGER NOT NULL DEFAULT 0;
