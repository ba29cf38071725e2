-- The words of the index, so that a beginning is asked for as the words it may be: FTS5 joins all documents of a
-- beginning before it looks at anything else, and walks through those of a word only as far as it must. No numbers, of
-- which there is no end, and no marks of business accounts, which have 33 characters. A word stays when the last text
-- with it goes; it then finds nothing.
CREATE TABLE search_vocabulary (
  word TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;

CREATE VIRTUAL TABLE search_terms USING fts5vocab('search_words', 'row');
INSERT INTO search_vocabulary (word) SELECT term FROM search_terms
WHERE term GLOB '*[^0-9]*' AND term NOT GLOB '*[^0-9a-z]*' AND length(term) <= 32;
-- Other letters are written by their numbers from now on: where there are any, all is read anew.
INSERT INTO search_pending (exception_id) SELECT exception_id FROM search_documents
WHERE EXISTS (SELECT 1 FROM search_terms WHERE term GLOB '*[^0-9a-z]*') ORDER BY document;
DROP TABLE search_terms;
