-- The words that SQLite's index is asked for in place of a beginning. PostgreSQL's finds beginnings by itself: here it
-- stays empty, and is there because the tables of both databases are the same.
CREATE TABLE search_vocabulary (
  word text PRIMARY KEY
);
