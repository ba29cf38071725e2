-- SQLite's index is made anew. PostgreSQL's finds a mark among the words quickly, and stays as it is.
SELECT 1;
